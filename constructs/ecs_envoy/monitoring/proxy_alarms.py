"""The alarms of a proxy; each has a runbook."""

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ecs as ecs
from cdk_monitoring_constructs import MonitoringFacade

from ecs_envoy.monitoring.proxy_metrics import MINUTE, ProxyMetrics, missing_tasks, skew
from ecs_envoy.settings.alarm_thresholds import AlarmThresholds

RUNBOOK_NAMES = (
    "errors",
    "slow-calls",
    "no-healthy-endpoint",
    "proxy-cpu",
    "proxy-memory",
    "tasks-missing",
    "discovery-stale",
    "skew",
)
"""The pages of docs/runbooks, one for each kind of alarm."""

_ABOVE = cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD
_BELOW = cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD
_QUIET = cloudwatch.TreatMissingData.NOT_BREACHING
_AS_IT_WAS = cloudwatch.TreatMissingData.IGNORE


class ProxyAlarms:
    """Makes alarms.

    Args:
        facade: Where they are made.
        thresholds: When they go off.
        runbooks: Where the runbooks are.

    Attributes:
        made: Those that were made.

    """

    def __init__(self, facade: MonitoringFacade, thresholds: AlarmThresholds, runbooks: str) -> None:
        self._facade = facade
        self._thresholds = thresholds
        self._runbooks = runbooks.rstrip("/")
        self.made: list[cloudwatch.Alarm] = []

    def of_proxy(self, service: ecs.FargateService) -> None:
        """Make the alarms of the proxy's own tasks."""
        wanted = self._thresholds
        self._alarm(
            "proxy-cpu",
            "proxy",
            service.metric_cpu_utilization(period=MINUTE),
            wanted.proxy_cpu_percent,
            "The proxy's tasks are short of CPU, and calls will wait",
        )
        self._alarm(
            "proxy-memory",
            "proxy",
            service.metric_memory_utilization(period=MINUTE),
            wanted.proxy_memory_percent,
            "The proxy's tasks are short of memory, and Envoy will refuse calls",
        )
        self._tasks_missing(service, "proxy")

    def of_calls(self, metrics: ProxyMetrics, service: str, *, timed: bool) -> None:
        """Make the alarms of the calls to `service`, of how long they take if they are `timed`."""
        wanted = self._thresholds
        self._alarm(
            "errors",
            service,
            metrics.server_error_percent(service),
            wanted.error_percent,
            "Calls fail by the server's or the proxy's doing, in percent of all",
        )
        if timed:
            self._alarm(
                "slow-calls",
                service,
                metrics.duration(service, "p99"),
                wanted.p99.total_seconds() * 1000,
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
            missing=_AS_IT_WAS,
        )

    def of_discovery(self, metrics: ProxyMetrics, service: str) -> None:
        """Make the alarm of a service that a sidecar follows."""
        self._alarm(
            "discovery-stale",
            service,
            metrics.discovery_age(service),
            self._thresholds.discovery_age.total_seconds(),
            "Cloud Map has not answered for so many seconds: Envoy keeps the tasks that it knows",
            missing=_AS_IT_WAS,
        )

    def of_tasks(self, ecs_service: ecs.FargateService, service: str) -> None:
        """Make the alarms of a service's tasks."""
        self._tasks_missing(ecs_service, service)
        self._alarm(
            "skew",
            service,
            skew(ecs_service, service),
            self._thresholds.skew,
            "The busiest task has so many times the mean CPU of the service's tasks: calls are not spread",
            minutes=10,
        )

    def _tasks_missing(self, ecs_service: ecs.FargateService, service: str) -> None:
        self._alarm(
            "tasks-missing",
            service,
            missing_tasks(ecs_service, service),
            0,
            "Fewer tasks run than are wanted",
            minutes=10,
        )

    def _alarm(
        self,
        kind: str,
        service: str,
        metric: cloudwatch.Metric | cloudwatch.MathExpression,
        threshold: float,
        says: str,
        *,
        comparison: cloudwatch.ComparisonOperator = _ABOVE,
        minutes: int = 5,
        missing: cloudwatch.TreatMissingData = _QUIET,
    ) -> None:
        runbook = f"{self._runbooks}/{kind}.md"
        factory = self._facade.create_alarm_factory(service)
        made = factory.add_alarm(
            metric,
            alarm_name_suffix=kind,
            alarm_description=says,
            # The library's own takes URLs only; ours is read in the console and in the mail.
            alarm_description_override=f"{service}: {says}. Runbook: {runbook}",
            comparison_operator=comparison,
            threshold=threshold,
            treat_missing_data=missing,
            datapoints_to_alarm=minutes,
            evaluation_periods=minutes,
            period=MINUTE,
        )
        if isinstance(made.alarm, cloudwatch.Alarm):
            self.made.append(made.alarm)
