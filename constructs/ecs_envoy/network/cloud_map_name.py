"""A name in a Cloud Map namespace: which construct uses it, and how ECS lists tasks under it."""

from datetime import timedelta

from aws_cdk import Duration
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_servicediscovery as servicediscovery
from constructs import Construct

from ecs_envoy.plan.names_in_namespace import claim_name
from ecs_envoy.settings.arguments import refuse


def claim_cloud_map_name(
    owner: Construct, namespace: servicediscovery.IPrivateDnsNamespace, name: str
) -> None:
    """Claim `name` in `namespace` for `owner`.

    Raises:
        ArgumentError: Another construct uses the name.

    """
    node = owner.node
    first = claim_name(namespace, name=name, owner=node.path)
    if first is not None:
        problem = f"{name!r} is already the name of {first} in this namespace; give each its own name"
        refuse(node.id, [(("name",), problem)])


def cloud_map_options(
    namespace: servicediscovery.IPrivateDnsNamespace, name: str, *, ttl: timedelta
) -> ecs.CloudMapOptions:
    """Return how ECS lists tasks: as A records of `name` in `namespace`."""
    return ecs.CloudMapOptions(
        name=name,
        cloud_map_namespace=namespace,
        dns_record_type=servicediscovery.DnsRecordType.A,
        dns_ttl=Duration.seconds(ttl.total_seconds()),
    )
