"""The DNS names of a proxy: its own, its aliases, and one for each service behind it."""

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_servicediscovery as servicediscovery
from constructs import Construct

from ecs_envoy.network.cloud_map_name import claim_cloud_map_names
from ecs_envoy.plan.names_in_namespace import own_name_in_namespace
from ecs_envoy.plan.stop.service_stop import DNS_TTL


def define_names(
    scope: Construct,
    name: str,
    aliases: Sequence[str],
    services: Sequence[str],
    *,
    namespace: servicediscovery.IPrivateDnsNamespace,
) -> None:
    """Claim `name` in `namespace`, and define the further names as CNAME records that lead to it.

    Each of `aliases` is a whole name, to move clients from one to another without an outage. Each of
    `services` gets `<service>.<name>`, a name by which clients reach it alone.

    Raises:
        ArgumentError: Another construct uses the name.

    """
    own_names = {service: own_name_in_namespace(service, proxy=name) for service in services}
    claim_cloud_map_names(scope, namespace, name, *aliases, *own_names.values())
    target = f"{name}.{namespace.namespace_name}"
    for alias in aliases:
        _define_cname(scope, f"Alias-{alias}", alias, target, namespace)
    for service, own in own_names.items():
        _define_cname(scope, f"Name-{service}", own, target, namespace)


def _define_cname(
    scope: Construct,
    construct_id: str,
    name: str,
    target: str,
    namespace: servicediscovery.IPrivateDnsNamespace,
) -> None:
    service = servicediscovery.Service(
        scope,
        construct_id,
        namespace=namespace,
        name=name,
        dns_record_type=servicediscovery.DnsRecordType.CNAME,
        # Cloud Map has CNAME records with this routing policy only ("CreateService": RoutingPolicy).
        routing_policy=servicediscovery.RoutingPolicy.WEIGHTED,
        dns_ttl=Duration.seconds(DNS_TTL.total_seconds()),
    )
    service.register_cname_instance("Proxy", instance_cname=target)
