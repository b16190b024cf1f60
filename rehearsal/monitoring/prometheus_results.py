"""What a rehearsal reads from Prometheus: the skew of CPU, alerts, and calls by method."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from rehearsal.load.calls import Call
from rehearsal.monitoring.prometheus import Prometheus, skewed_services

CallsByMethod = dict[str, dict[str, int]]
"""The number of calls by gRPC method, then by status."""


@dataclass(kw_only=True)
class PrometheusResult:
    """What Prometheus reported at the end of a state.

    Attributes:
        task_cpu_skew: The busiest task's CPU over the mean, by service.
        skew_alerts: The services whose skew alert fired.

    """

    task_cpu_skew: dict[str, float] = field(default_factory=dict[str, float])
    skew_alerts: list[str] = field(default_factory=list[str])


def read_results(prometheus: Prometheus) -> PrometheusResult:
    """Return what `prometheus` reports now."""
    skew = prometheus.query("ecs_envoy:task_cpu_skew:ratio")
    return PrometheusResult(
        task_cpu_skew={dict(labels)["dimension_ServiceName"]: value for labels, value in skew.items()},
        skew_alerts=skewed_services(prometheus.alerts()),
    )


def prometheus_calls(prometheus: Prometheus) -> CallsByMethod:
    """Return the calls since Envoy's start, as `prometheus` last scraped them."""
    requests: CallsByMethod = {}
    for labels, count in prometheus.query("sum by (grpc_method, grpc_status) (envoy_grpc_requests)").items():
        label = dict(labels)
        requests.setdefault(label["grpc_method"], {})[label["grpc_status"]] = round(count)
    return requests


def client_calls(calls: Iterable[Call]) -> CallsByMethod:
    """Return the same counts from the `calls` that the clients made."""
    requests: CallsByMethod = {}
    for call in calls:
        by_status = requests.setdefault(call.method, {})
        by_status[call.status] = by_status.get(call.status, 0) + 1
    return requests
