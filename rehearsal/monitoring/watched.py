"""What a rehearsal's Prometheus saw: the skew of CPU, alerts, and calls by method."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from rehearsal.load.calls import Call
from rehearsal.monitoring.prometheus import Prometheus, skewed

ByMethod = dict[str, dict[str, int]]
"""Counts of calls by gRPC method, then by status."""


@dataclass(kw_only=True)
class Watched:
    """What Prometheus told at the end of a state.

    Attributes:
        task_cpu_skew: The busiest task's CPU over the mean, by service.
        skew_alerts: The services whose skew alert fired.

    """

    task_cpu_skew: dict[str, float] = field(default_factory=dict[str, float])
    skew_alerts: list[str] = field(default_factory=list[str])


def watched(prometheus: Prometheus) -> Watched:
    """Return what `prometheus` tells now."""
    skew = prometheus.query("ecs_envoy:task_cpu_skew:ratio")
    return Watched(
        task_cpu_skew={dict(labels)["dimension_ServiceName"]: value for labels, value in skew.items()},
        skew_alerts=skewed(prometheus.alerts()),
    )


def counted(prometheus: Prometheus) -> ByMethod:
    """Return the calls since the Envoys started, as `prometheus` has scraped them last."""
    requests: ByMethod = {}
    for labels, count in prometheus.query("sum by (grpc_method, grpc_status) (envoy_grpc_requests)").items():
        by = dict(labels)
        requests.setdefault(by["grpc_method"], {})[by["grpc_status"]] = round(count)
    return requests


def made(calls: Iterable[Call]) -> ByMethod:
    """Return the `calls` that the clients made."""
    requests: ByMethod = {}
    for call in calls:
        by_status = requests.setdefault(call.method, {})
        by_status[call.status] = by_status.get(call.status, 0) + 1
    return requests
