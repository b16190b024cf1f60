"""The plan of a proxy's task, after every rule about it has been checked."""

from collections.abc import Sequence

from aws_cdk import aws_ec2 as ec2

from ecs_envoy.fargate.arguments import argument_findings
from ecs_envoy.network.place import Place
from ecs_envoy.network.zones import zone_findings
from ecs_envoy.plan.proxy.rules import PROXY_RULES
from ecs_envoy.plan.proxy_task import ProxyTask, ProxyTaskInput, plan_proxy_task
from ecs_envoy.plan.reach.proxy_access import ACCESS_RULES, ProxyAccess, outbound_rules
from ecs_envoy.plan.rules import rule_findings
from ecs_envoy.proxy.access import private_blocks, twice, unreachable
from ecs_envoy.proxy.routed_service import RoutedService
from ecs_envoy.settings.arguments import refuse


def checked_plan(
    construct_id: str,
    task: ProxyTaskInput,
    clients: Sequence[ec2.IConnectable],
    services: Sequence[RoutedService],
    *,
    vpc: ec2.IVpc,
    place: Place,
) -> ProxyTask:
    """Return the plan of `task`, whose proxy `clients` may call.

    Raises:
        ArgumentError: A rule about the task, its clients, its services or its subnets is broken.
        BootstrapTooLargeError: The bootstrap does not fit the task definition, not even packed.

    """
    access = ProxyAccess(
        clients=len(clients),
        ports=1 + len(task.further_ports),
        outbound=outbound_rules(task.whole_services, private_blocks=len(private_blocks(vpc)) or 1),
    )
    findings = [
        *rule_findings(PROXY_RULES, task),
        *rule_findings(ACCESS_RULES, access),
        *twice(clients),
        *unreachable(services, vpc),
        *zone_findings(vpc, place),
    ]
    refuse(construct_id, argument_findings(findings))
    return plan_proxy_task(task)
