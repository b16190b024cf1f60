"""What a rehearsal's Prometheus saw of a state: calls by method, the skew of CPU, and alerts."""

from dataclasses import dataclass, field

from rehearsal.prometheus import Prometheus, skewed


@dataclass(kw_only=True)
class Watched:
    """What Prometheus told at the end of a state.

    Attributes:
        task_cpu_skew: The busiest task's CPU over the mean, by service.
        skew_alerts: The services whose skew alert fired.
        requests: The calls since Envoy started, by gRPC method and status.

    """

    task_cpu_skew: dict[str, float] = field(default_factory=dict[str, float])
    skew_alerts: list[str] = field(default_factory=list[str])
    requests: dict[str, dict[str, int]] = field(default_factory=dict[str, dict[str, int]])


def watched(prometheus: Prometheus) -> Watched:
    """Return what `prometheus` tells now."""
    skew = prometheus.query("ecs_envoy:task_cpu_skew:ratio")
    calls = prometheus.query("sum by (grpc_method, grpc_status) (envoy_grpc_requests)")
    requests: dict[str, dict[str, int]] = {}
    for labels, count in calls.items():
        by = dict(labels)
        requests.setdefault(by["grpc_method"], {})[by["grpc_status"]] = round(count)
    return Watched(
        task_cpu_skew={dict(labels)["dimension_ServiceName"]: value for labels, value in skew.items()},
        skew_alerts=skewed(prometheus.alerts()),
        requests=requests,
    )
