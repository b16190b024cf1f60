"""The widgets of a proxy's dashboard, from calls at the top to tasks at the bottom."""

from collections.abc import Iterator, Mapping, Sequence

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ecs as ecs

from ecs_envoy.monitoring.proxy_metrics import ProxyMetrics, minute
from ecs_envoy.monitoring.task_metrics import cpu_of_tasks, number_of_tasks, skew_of_tasks
from ecs_envoy.plan.limits.quotas import ALARMS_OF_WIDGET
from ecs_envoy.proxy.envoy_proxy import EnvoyProxy

_THIRD = 8
_HEIGHT = 6


def dashboard_widgets(
    metrics: ProxyMetrics,
    services: Sequence[str],
    proxy: EnvoyProxy,
    ecs_services: Mapping[str, ecs.FargateService],
    alarms: Sequence[cloudwatch.Alarm],
    *,
    timed: bool,
) -> list[cloudwatch.IWidget]:
    """Return the widgets, row by row; widgets for durations only if calls are `timed`."""
    durations: list[cloudwatch.IWidget] = []
    if timed:
        durations = [
            _graph("Duration, median (ms)", [metrics.duration(name, "p50") for name in services]),
            _graph("Duration, 99 % (ms)", [metrics.duration(name, "p99") for name in services]),
        ]
    return [
        *_alarm_widgets(alarms),
        _graph("Calls a minute", [metrics.requests(name) for name in services]),
        _graph("Failed by server or proxy (%)", [metrics.server_error_percent(name) for name in services]),
        _graph("Failed calls by status", [metrics.by_status()]),
        *durations,
        _graph("Retries a minute", [metrics.retries(name) for name in services]),
        _graph("Endpoints not healthy", [metrics.unhealthy(name) for name in services]),
        _graph("Endpoints ejected", [metrics.ejected(name) for name in services]),
        _graph("CPU of the proxy (%)", cpu_of_tasks(proxy.ecs_service)),
        _graph("Memory of the proxy (%)", [proxy.ecs_service.metric_memory_utilization(period=minute())]),
        _graph("Open calls of a proxy task, mean", [metrics.open_calls()]),
        _graph("Tasks of the proxy", number_of_tasks(proxy.ecs_service)),
        _graph("Skew: busiest task over mean", [skew_of_tasks(s, name) for name, s in ecs_services.items()]),
        *(_graph(f"CPU of {name}'s tasks (%)", cpu_of_tasks(s)) for name, s in ecs_services.items()),
    ]


def _alarm_widgets(alarms: Sequence[cloudwatch.Alarm]) -> Iterator[cloudwatch.IWidget]:
    most = ALARMS_OF_WIDGET.usable
    for start in range(0, len(alarms), most):
        title = f"Alarms from {start + 1}" if start else "Alarms"
        yield cloudwatch.AlarmStatusWidget(
            title=title, alarms=list(alarms[start : start + most]), width=24, height=4
        )


def _graph(title: str, lines: Sequence[cloudwatch.IMetric]) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=list(lines), width=_THIRD, height=_HEIGHT)
