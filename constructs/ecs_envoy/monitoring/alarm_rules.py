"""What all alarms of a proxy and its services have in common."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_sns as sns
from constructs import Construct

from ecs_envoy.monitoring.proxy_alarms import ProxyAlarms
from ecs_envoy.proxy.envoy_proxy import EnvoyProxy
from ecs_envoy.settings.alarm_thresholds import AlarmThresholds
from ecs_envoy.settings.extra import extra
from envoy_config.settings_error import Finding


@dataclass(frozen=True, kw_only=True)
class AlarmRules:
    """What decides about an alarm, whichever stack it is in.

    Attributes:
        topic: The SNS topic that is notified.
        thresholds: When alarms go off.
        runbooks: The folder or URL of the runbooks.
        prefix: The start of the alarms' names.

    """

    topic: sns.ITopic
    thresholds: AlarmThresholds
    runbooks: str
    prefix: str

    def alarms(self, scope: Construct, dashboard_name: str) -> ProxyAlarms:
        """Define a dashboard without widgets in `scope`; return what adds alarms to it."""
        with extra("monitoring", "ProxyMonitoring"):
            # Imported here because Python and Node take 0.4 s to load it.
            from cdk_monitoring_constructs import (
                AlarmFactoryDefaults,
                DefaultDashboardFactory,
                MonitoringFacade,
                SnsAlarmActionStrategy,
            )

        facade = MonitoringFacade(
            scope,
            "Monitoring",
            alarm_factory_defaults=AlarmFactoryDefaults(
                alarm_name_prefix=self.prefix,
                actions_enabled=True,
                action=SnsAlarmActionStrategy(on_alarm_topic=self.topic, on_ok_topic=self.topic),
                datapoints_to_alarm=5,
            ),
            dashboard_factory=DefaultDashboardFactory(  # pyright: ignore[reportArgumentType]  # the library's own
                scope,
                "Dashboard",
                dashboard_name_prefix=dashboard_name,
                create_dashboard=True,
                create_summary_dashboard=False,
                create_alarm_dashboard=False,
            ),
        )
        return ProxyAlarms(facade, self.thresholds, self.runbooks, self.prefix)


def service_findings(
    proxy: EnvoyProxy, services: Iterable[str], ecs_services: Mapping[str, ecs.FargateService]
) -> Iterator[Finding]:
    """Yield what is wrong with `services` of `proxy`, and with the ECS services of some of them."""
    routed = [service.plan.name for service in proxy.services]
    wanted = list(services)
    for number, name in enumerate(wanted):
        if name not in routed:
            yield (
                ("services", number),
                f"{name!r} is no service of the proxy; give some of {', '.join(routed)}",
            )
    for name in ecs_services:
        if name not in wanted:
            cure = f"give one of {', '.join(wanted)}" if wanted else "leave it out"
            yield ("ecs_services", name), f"no service of this name is monitored here; {cure}"
