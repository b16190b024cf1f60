"""The alarms of a proxy; each has a runbook."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ecs as ecs

from ecs_envoy.monitoring.proxy_metrics import ProxyMetrics, is_timed, minute
from ecs_envoy.monitoring.task_metrics import missing_tasks, skew
from ecs_envoy.proxy.envoy_proxy import EnvoyProxy
from ecs_envoy.settings.alarm_thresholds import AlarmThresholds

if TYPE_CHECKING:
    from cdk_monitoring_constructs import MonitoringFacade

RUNBOOK_NAMES = (
    "errors",
    "slow-calls",
    "no-healthy-endpoint",
    "proxy-cpu",
    "proxy-memory",
    "proxy-connections",
    "tasks-missing",
    "discovery-stale",
    "skew",
)
"""The pages of docs/runbooks, one for each kind of alarm."""

_ABOVE = cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD
_BELOW = cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD
_QUIET = cloudwatch.TreatMissingData.NOT_BREACHING
_UNCHANGED = cloudwatch.TreatMissingData.IGNORE


class ProxyAlarms:
    """Adds alarms to a facade.

    Args:
        facade: The facade of the monitoring library.
        thresholds: When the alarms go off.
        runbooks: The folder or URL of the runbooks.
        prefix: The start of the alarms' names.

    Attributes:
        alarms: The alarms added so far.

    """

    def __init__(
        self, facade: "MonitoringFacade", thresholds: AlarmThresholds, runbooks: str, prefix: str
    ) -> None:
        self._facade = facade
        self._thresholds = thresholds
        self._runbooks = runbooks.rstrip("/")
        self._prefix = prefix
        self.alarms: list[cloudwatch.Alarm] = []

    def add_proxy_alarms(self, service: ecs.FargateService) -> None:
        """Add the alarms for the proxy's tasks."""
        self._alarm(
            "proxy-cpu",
            None,
            service.metric_cpu_utilization(period=minute()),
            self._thresholds.proxy_cpu_percent,
            "The proxy's tasks are short of CPU, and calls will wait",
        )
        self._alarm(
            "proxy-memory",
            None,
            service.metric_memory_utilization(period=minute()),
            self._thresholds.proxy_memory_percent,
            "The proxy's tasks are short of memory, and Envoy will refuse calls",
        )
        self._tasks_missing(service, None)

    def add_connection_alarm(self, metrics: ProxyMetrics) -> None:
        """Add the alarm for the connections that clients have to the proxy."""
        self._alarm(
            "proxy-connections",
            None,
            metrics.connections(),
            self._thresholds.proxy_connections_percent,
            "A proxy task holds nearly as many connections of clients as it may, and will refuse more",
        )

    def add_service_alarms(
        self, proxy: EnvoyProxy, services: Sequence[str], ecs_services: Mapping[str, ecs.FargateService]
    ) -> None:
        """Add the alarms for `services` of `proxy`, whose tasks are those of `ecs_services`."""
        metrics = ProxyMetrics(proxy=proxy.metrics_name)
        for service in proxy.services:
            name = service.plan.name
            if name not in services:
                continue
            self._add_call_alarms(metrics, name, timed=is_timed(proxy))
            if service.plan.discovery == "cloud_map":
                self._add_discovery_alarm(metrics, name)
            if name in ecs_services:
                self._add_task_alarms(ecs_services[name], name)

    def add_widgets(self, widgets: Iterable[cloudwatch.IWidget]) -> None:
        """Add `widgets` to the facade's dashboard."""
        for widget in widgets:
            self._facade.add_widget(widget)

    def _add_call_alarms(self, metrics: ProxyMetrics, service: str, *, timed: bool) -> None:
        """Add the alarms for calls to `service`; an alarm for their durations only if they are `timed`."""
        self._alarm(
            "errors",
            service,
            metrics.server_error_percent(service),
            self._thresholds.error_percent,
            "Calls fail by the server's or the proxy's doing, in percent of all",
        )
        if timed:
            self._alarm(
                "slow-calls",
                service,
                metrics.duration(service, "p99"),
                self._thresholds.p99.total_seconds() * 1000,
                "One call in a hundred takes longer, in milliseconds",
            )
        self._alarm(
            "no-healthy-endpoint",
            service,
            metrics.healthy(service),
            1,
            "A proxy has no healthy task to call",
            comparison=_BELOW,
            minutes=2,
            missing=_UNCHANGED,
        )

    def _add_discovery_alarm(self, metrics: ProxyMetrics, service: str) -> None:
        """Add the alarm for a service that the discovery sidecar follows."""
        self._alarm(
            "discovery-stale",
            service,
            metrics.discovery_age(service),
            self._thresholds.discovery_age.total_seconds(),
            "Cloud Map has not answered for so many seconds: Envoy keeps the tasks that it knows",
            missing=_UNCHANGED,
        )

    def _add_task_alarms(self, ecs_service: ecs.FargateService, service: str) -> None:
        """Add the alarms for the tasks of a service."""
        self._tasks_missing(ecs_service, service)
        self._alarm(
            "skew",
            service,
            skew(ecs_service, service),
            self._thresholds.skew,
            "The busiest task has so many times the mean CPU of the service's tasks: calls are not spread",
            minutes=10,
        )

    def _tasks_missing(self, ecs_service: ecs.FargateService, service: str | None) -> None:
        self._alarm(
            "tasks-missing",
            service,
            missing_tasks(ecs_service, service or "proxy"),
            0,
            "Fewer tasks run than are wanted",
            minutes=10,
        )

    def _alarm(
        self,
        kind: str,
        service: str | None,
        metric: cloudwatch.Metric | cloudwatch.MathExpression,
        threshold: float,
        description: str,
        *,
        comparison: cloudwatch.ComparisonOperator = _ABOVE,
        minutes: int = 5,
        missing: cloudwatch.TreatMissingData = _QUIET,
    ) -> None:
        runbook = f"{self._runbooks}/{kind}.md"
        subject = service or "proxy"
        factory = self._facade.create_alarm_factory(subject)
        added = factory.add_alarm(
            metric,
            alarm_name_suffix=kind,
            # Names of environments, proxies and services have hyphens and no underscores. The library would
            # join them by hyphens, and two alarms of an account could have one name.
            alarm_name_override="_".join(filter(None, (self._prefix, service, kind))),
            alarm_description=description,
            # The library's parameter for runbooks accepts only URLs. This text is shown in the console and in
            # notifications.
            alarm_description_override=f"{subject}: {description}. Runbook: {runbook}",
            comparison_operator=comparison,
            threshold=threshold,
            treat_missing_data=missing,
            datapoints_to_alarm=minutes,
            evaluation_periods=minutes,
            period=minute(),
        )
        if isinstance(added.alarm, cloudwatch.Alarm):
            self.alarms.append(added.alarm)
