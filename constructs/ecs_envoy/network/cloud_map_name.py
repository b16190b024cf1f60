"""A name in a Cloud Map namespace: who has it, and how tasks are listed under it."""

from collections.abc import Iterator
from datetime import timedelta

from aws_cdk import Duration
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_servicediscovery as servicediscovery
from constructs import Construct

from ecs_envoy.plan.names_in_namespace import claim_name
from envoy_config.settings_error import Finding


def cloud_map_name_findings(
    owner: Construct, namespace: servicediscovery.IPrivateDnsNamespace, name: str
) -> Iterator[Finding]:
    """Claim `name` in `namespace` for `owner`; yield a finding where another construct of the app has it."""
    first = claim_name(owner.node.root, namespace=namespace.namespace_name, name=name, owner=owner.node.path)
    if first is not None:
        yield ("name",), f"{name!r} is the name of {first} in this namespace too; give each its own"


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
