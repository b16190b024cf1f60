"""Another DNS name of a proxy, so that clients can move from one name to another without an outage."""

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_servicediscovery as servicediscovery
from constructs import Construct

from ecs_envoy.network.cloud_map_name import claim_cloud_map_name
from ecs_envoy.plan.stop.service_stop import DNS_TTL


def define_names(
    scope: Construct,
    name: str,
    aliases: Sequence[str],
    *,
    namespace: servicediscovery.IPrivateDnsNamespace,
) -> None:
    """Claim `name` in `namespace`, and define each of `aliases` as a CNAME record that leads to it.

    Raises:
        ArgumentError: Another construct uses the name.

    """
    claim_cloud_map_name(scope, namespace, name)
    for alias in aliases:
        claim_cloud_map_name(scope, namespace, alias)
        service = servicediscovery.Service(
            scope,
            f"Alias-{alias}",
            namespace=namespace,
            name=alias,
            dns_record_type=servicediscovery.DnsRecordType.CNAME,
            # Cloud Map has CNAME records with this routing policy only ("CreateService": RoutingPolicy).
            routing_policy=servicediscovery.RoutingPolicy.WEIGHTED,
            dns_ttl=Duration.seconds(DNS_TTL.total_seconds()),
        )
        service.register_cname_instance("Proxy", instance_cname=f"{name}.{namespace.namespace_name}")
