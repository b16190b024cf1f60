"""The widgets of a proxy's dashboard, from calls at the top to tasks at the bottom."""

from collections.abc import Iterator, Mapping, Sequence

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ecs as ecs

from ecs_envoy.monitoring.proxy_metrics import ProxyMetrics, is_timed, minute
from ecs_envoy.monitoring.task_metrics import cpu_of_tasks, number_of_tasks, skew_of_tasks
from ecs_envoy.plan.limits.quotas import ALARMS_OF_WIDGET
from ecs_envoy.proxy.envoy_proxy import EnvoyProxy

_THIRD = 8
_HEIGHT = 6


def proxy_widgets(
    proxy: EnvoyProxy,
    services: Sequence[str],
    ecs_services: Mapping[str, ecs.FargateService],
    alarms: Sequence[cloudwatch.Alarm],
    *,
    others_start: str | None,
) -> list[cloudwatch.IWidget]:
    """Return the widgets of the proxy and of some of its services, row by row.

    Args:
        proxy: The proxy.
        services: The names of the services.
        ecs_services: The ECS services of those whose tasks are shown.
        alarms: The alarms of the proxy and of the services.
        others_start: How the names of the dashboards of its other services begin; None without others.

    """
    metrics = ProxyMetrics(proxy=proxy.metrics_name)
    calls, health = _service_graphs(proxy, services)
    note: list[cloudwatch.IWidget] = []
    if others_start is not None:
        text = f"Other services of the proxy are on dashboards whose names begin with **{others_start}_**."
        note = [_note(text)]
    return [
        *note,
        *_alarm_widgets(alarms),
        *calls,
        _graph("Failed calls by status", [metrics.by_status()]),
        *health,
        _graph("CPU of the proxy (%)", cpu_of_tasks(proxy.ecs_service)),
        _graph("Memory of the proxy (%)", [proxy.ecs_service.metric_memory_utilization(period=minute())]),
        _graph("Open calls of a proxy task, mean", [metrics.open_calls()]),
        _graph("Tasks of the proxy", number_of_tasks(proxy.ecs_service)),
        *_task_graphs(ecs_services),
    ]


def service_widgets(
    proxy: EnvoyProxy,
    services: Sequence[str],
    ecs_services: Mapping[str, ecs.FargateService],
    alarms: Sequence[cloudwatch.Alarm],
    *,
    proxy_dashboard: str,
) -> list[cloudwatch.IWidget]:
    """Return the widgets of some services of `proxy`, whose own are on the dashboard `proxy_dashboard`."""
    calls, health = _service_graphs(proxy, services)
    return [
        _note(f"The proxy and its failed calls by status are on the dashboard **{proxy_dashboard}**."),
        *_alarm_widgets(alarms),
        *calls,
        *health,
        *_task_graphs(ecs_services),
    ]


def _service_graphs(
    proxy: EnvoyProxy, services: Sequence[str]
) -> tuple[list[cloudwatch.IWidget], list[cloudwatch.IWidget]]:
    """Return the graphs about calls, and those about durations and endpoints."""
    if not services:
        return [], []
    metrics = ProxyMetrics(proxy=proxy.metrics_name)
    calls: list[cloudwatch.IWidget] = [
        _graph("Calls a minute", [metrics.requests(name) for name in services]),
        _graph("Failed by server or proxy (%)", [metrics.server_error_percent(name) for name in services]),
    ]
    durations: list[cloudwatch.IWidget] = []
    if is_timed(proxy):
        durations = [
            _graph("Duration, median (ms)", [metrics.duration(name, "p50") for name in services]),
            _graph("Duration, 99 % (ms)", [metrics.duration(name, "p99") for name in services]),
        ]
    return calls, [
        *durations,
        _graph("Retries a minute", [metrics.retries(name) for name in services]),
        _graph("Endpoints not healthy", [metrics.unhealthy(name) for name in services]),
        _graph("Endpoints ejected", [metrics.ejected(name) for name in services]),
    ]


def _task_graphs(ecs_services: Mapping[str, ecs.FargateService]) -> Iterator[cloudwatch.IWidget]:
    yield _graph("Skew: busiest task over mean", [skew_of_tasks(s, name) for name, s in ecs_services.items()])
    for name, service in ecs_services.items():
        yield _graph(f"CPU of {name}'s tasks (%)", cpu_of_tasks(service))


def _note(text: str) -> cloudwatch.TextWidget:
    return cloudwatch.TextWidget(markdown=text, width=24, height=1)


def _alarm_widgets(alarms: Sequence[cloudwatch.Alarm]) -> Iterator[cloudwatch.IWidget]:
    most = ALARMS_OF_WIDGET.usable
    for start in range(0, len(alarms), most):
        title = f"Alarms from {start + 1}" if start else "Alarms"
        yield cloudwatch.AlarmStatusWidget(
            title=title, alarms=list(alarms[start : start + most]), width=24, height=4
        )


def _graph(title: str, lines: Sequence[cloudwatch.IMetric]) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=list(lines), width=_THIRD, height=_HEIGHT)
