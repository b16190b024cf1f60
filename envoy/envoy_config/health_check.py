"""Active health checks: Envoy checks each endpoint, so that it stops calling dead ones before calls fail."""

from datetime import timedelta

from envoy_data_plane.envoy.config.core.v3 import (
    HealthCheck,
    HealthCheckGrpcHealthCheck,
    HealthCheckTcpHealthCheck,
)

from envoy_config import values

INTERVAL = timedelta(seconds=5)


def health_checks(kind: values.HealthCheck) -> list[HealthCheck]:
    """Return Envoy's health checks of an endpoint; none for `none`."""
    if kind == "none":
        return []
    return [
        HealthCheck(
            timeout=timedelta(seconds=2),
            interval=INTERVAL,
            # With Envoy's default of 60 s, the next call of a quiet service could go to a dead task.
            no_traffic_interval=INTERVAL,
            # One failed check may be a lost packet. Two in a row, one second apart, mean that the task is
            # dead.
            unhealthy_threshold=2,
            unhealthy_edge_interval=timedelta(seconds=1),
            # DNS lists a task before its server listens, so a check that came too early is repeated soon.
            unhealthy_interval=timedelta(seconds=1),
            healthy_threshold=1,
            # The proxies must not check all tasks at the same instant.
            interval_jitter_percent=10,
            tcp_health_check=HealthCheckTcpHealthCheck() if kind == "tcp" else None,
            grpc_health_check=HealthCheckGrpcHealthCheck() if kind == "grpc" else None,
        )
    ]
