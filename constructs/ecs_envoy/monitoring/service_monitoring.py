"""The construct for the dashboard and the alarms of some services of a proxy, in a stack of their own."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from aws_cdk import Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ecs as ecs
from constructs import Construct

from ecs_envoy.monitoring.alarm_rules import service_findings
from ecs_envoy.monitoring.dashboard import service_widgets
from ecs_envoy.monitoring.proxy_monitoring import ProxyMonitoring
from ecs_envoy.settings.arguments import Example, checked_arguments, refuse
from ecs_envoy.settings.values import DashboardName


class ServiceMonitoring(Construct):
    """Defines a dashboard and alarms for some services of a proxy, where one stack has no room for all.

    The alarms notify the topic of `proxy_monitoring`, and have its thresholds, its runbooks and the prefix of
    its names. So an alarm is called the same in whichever stack it is. The dashboard shows what that of
    `proxy_monitoring` shows of a service.

    Args:
        proxy_monitoring: The monitoring of the proxy, in this stack or another one. Its `services` should
            not name these.
        services: The names of the services.
        ecs_services: The ECS services of those by their names, for the CPU and the number of their tasks.
            Leave out services that something else deploys.
        dashboard_name: The dashboard's name; the stack's name and the proxy's by default, joined by an
            underscore.

    Attributes:
        alarms: All alarms that are here.

    Raises:
        ArgumentError: A value is not allowed.

    """

    @checked_arguments
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        proxy_monitoring: Annotated[ProxyMonitoring, Example('ProxyMonitoring(stack, "Monitoring", ...)')],
        services: Sequence[str],
        ecs_services: Mapping[str, ecs.FargateService],
        dashboard_name: DashboardName | None = None,
    ) -> None:
        proxy = proxy_monitoring.proxy
        refuse(construct_id, service_findings(proxy, services, ecs_services))
        super().__init__(scope, construct_id)
        name = dashboard_name or f"{Stack.of(self).stack_name}_{proxy.name}"
        alarms = proxy_monitoring.rules.alarms(self, name)
        alarms.add_service_alarms(proxy, services, ecs_services)
        self.alarms: list[cloudwatch.Alarm] = alarms.alarms
        alarms.add_widgets(
            service_widgets(
                proxy, services, ecs_services, alarms.alarms, proxy_dashboard=proxy_monitoring.dashboard_name
            )
        )
