"""The construct that moves the clients of a name from a load balancer to a proxy."""

from aws_cdk import Duration
from aws_cdk import aws_route53 as route53
from constructs import Construct

from ecs_envoy.plan.cut_over import CUT_OVER_RULES, CutOverPlan, upstream_names, weights
from ecs_envoy.plan.rules import rule_findings
from ecs_envoy.plan.stop.service_stop import DNS_TTL
from ecs_envoy.proxy.envoy_proxy import EnvoyProxy
from ecs_envoy.settings.arguments import checked_arguments, is_token, refuse
from ecs_envoy.settings.values import CutOverPercent, DnsName

LOAD_BALANCER, PROXY = "ecs-envoy-load-balancer", "ecs-envoy-proxy"
"""The identifiers of the two records; your own records of the name need another one."""


class CutOver(Construct):
    """Defines two weighted records of a name: one leads to a load balancer, one to a proxy.

    `percent` says how many of 100 look-ups get the proxy. Clients look the name up when they connect, so
    those that are connected stay where they are. A simple record of the same name has to become a weighted
    one first, because Route 53 refuses both side by side. It stays yours, with the weight 0, and answers
    again when these two records are deleted (docs/swap.md).

    Args:
        proxy: The proxy; the service has to have `name` in its `hosts`.
        zone: The private hosted zone of the name, which the clients' VPC uses.
        name: The name that clients dial.
        load_balancer: The load balancer's own DNS name, which AWS gave to it.
        percent: How many of 100 look-ups get the proxy; 0 by default.

    Attributes:
        records: The record of the load balancer, and that of the proxy.

    Raises:
        ArgumentError: A value is not allowed; the message has a line for each mistake.

    """

    @checked_arguments
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        proxy: EnvoyProxy,
        zone: route53.IHostedZone,
        name: DnsName,
        load_balancer: DnsName,
        percent: CutOverPercent = 0,
    ) -> None:
        plan = CutOverPlan(
            name=name,
            load_balancer=load_balancer,
            namespace=proxy.full_name.partition(".")[2],
            others={},
            upstream_names=upstream_names(service.plan for service in proxy.services),
            hosts=[host.lower() for service in proxy.services for host in service.plan.upstream.hosts],
            zone_name=_zone_name(zone),
        )
        refuse(construct_id, rule_findings(CUT_OVER_RULES, plan))
        super().__init__(scope, construct_id)
        by_load_balancer, by_proxy = weights(percent)
        self.records = tuple(
            route53.CfnRecordSet(
                self,
                record_id,
                hosted_zone_id=zone.hosted_zone_id,
                name=name,
                type="CNAME",
                # As short as the proxy's own records, so that a change is seen as soon as Route 53 has it. It
                # can never change: Route 53 refuses a record with another TTL than its group's, and
                # CloudFormation updates one record at a time (hashicorp/terraform#5312).
                ttl=str(Duration.seconds(DNS_TTL.total_seconds()).to_seconds()),
                resource_records=[target],
                set_identifier=identifier,
                weight=weight,
            )
            for record_id, identifier, target, weight in (
                ("LoadBalancer", LOAD_BALANCER, load_balancer, by_load_balancer),
                ("Proxy", PROXY, proxy.full_name, by_proxy),
            )
        )


def _zone_name(zone: route53.IHostedZone) -> str | None:
    try:
        name = zone.zone_name
    except RuntimeError:
        return None  # the zone is known by its id alone
    return None if is_token(name) else name.rstrip(".")
