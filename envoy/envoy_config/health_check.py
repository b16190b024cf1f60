"""Active health checks: Envoy asks each endpoint, so that a dead one is left before a call finds it."""

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
            # Envoy's 60 s would leave the dead task of a quiet service in place for its next call.
            no_traffic_interval=INTERVAL,
            # One lost packet is no death; two in a row, retried within a second, are.
            unhealthy_threshold=2,
            unhealthy_edge_interval=timedelta(seconds=1),
            # DNS lists a task before its server listens; a check that came too early is repeated soon.
            unhealthy_interval=timedelta(seconds=1),
            healthy_threshold=1,
            # Two proxies must not ask every task in the same instant.
            interval_jitter_percent=10,
            tcp_health_check=HealthCheckTcpHealthCheck() if kind == "tcp" else None,
            grpc_health_check=HealthCheckGrpcHealthCheck() if kind == "grpc" else None,
        )
    ]
