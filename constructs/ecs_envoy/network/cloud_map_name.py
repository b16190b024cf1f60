"""A name in a Cloud Map namespace: which construct uses it, and how ECS lists tasks under it."""

from dataclasses import dataclass
from datetime import timedelta

from aws_cdk import Duration
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_servicediscovery as servicediscovery
from constructs import Construct

from ecs_envoy.plan.names_in_namespace import claim_name
from ecs_envoy.settings.arguments import refuse


def claim_cloud_map_names(
    owner: Construct, namespace: servicediscovery.IPrivateDnsNamespace, *names: str
) -> None:
    """Claim `names` in `namespace` for `owner`.

    Raises:
        ArgumentError: Another construct uses one of the names.

    """
    node = owner.node
    path = node.path
    for name in names:
        first = claim_name(namespace, name=name, owner=path)
        if first is not None:
            problem = f"{name!r} is already the name of {first} in this namespace; give each its own name"
            refuse(node.id, [(("name",), problem)])


@dataclass(frozen=True, kw_only=True)
class Registry:
    """How ECS lists tasks: as A records of a name in a namespace.

    Attributes:
        namespace: The namespace.
        name: The name.
        ttl: The TTL of the records.
        custom_health: Whether Cloud Map keeps the health that ECS reports, and DNS lists the healthy tasks.
            Cloud Map shows a change of health after 30 s (API reference: HealthCheckCustomConfig). Without
            it, every task is listed as long as ECS runs it.

    """

    namespace: servicediscovery.IPrivateDnsNamespace
    name: str
    ttl: timedelta
    custom_health: bool = False


def add_registry(service: ecs.BaseService, registry: Registry) -> None:
    """Let ECS list the tasks of `service` in `registry`.

    `enable_cloud_map` of the CDK would always give it a custom health check.
    """
    service.associate_cloud_map_service(
        service=servicediscovery.Service(
            service,
            "CloudmapService",  # the CDK's own id
            namespace=registry.namespace,
            name=registry.name,
            dns_record_type=servicediscovery.DnsRecordType.A,
            dns_ttl=Duration.seconds(registry.ttl.total_seconds()),
            custom_health_check=(
                servicediscovery.HealthCheckCustomConfig(failure_threshold=1)
                if registry.custom_health
                else None
            ),
        )
    )
