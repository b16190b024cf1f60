"""Active health checks: Envoy checks each endpoint, so that it stops calling dead ones before calls fail."""

from datetime import timedelta

from envoy_config.messages import HealthCheck as EnvoyHealthCheck
from envoy_config.messages import (
    HealthCheckGrpcHealthCheck,
    HealthCheckPayload,
    HealthCheckTcpHealthCheck,
)
from envoy_config.policy.health import HealthCheck
from envoy_config.values import HealthCheckType

MAX_UNHEALTHY_INTERVAL = timedelta(seconds=5)
"""The longest time between two checks of a task that did not answer, so that a new one soon gets calls."""

EDGE_INTERVAL = timedelta(milliseconds=200)
"""
The time between the first check that failed and the second one. A task that stops answering is found after at
most this, two timeouts and the interval (check_pace.py) with its jitter: 2.9 s with an interval of 1 s.
"""

JITTER_PERCENT = 10
"""By how much an interval may be longer."""

_SETTINGS, _SETTINGS_ACK = "000000040000000000", "000000040100000000"
_HELLO = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".hex() + _SETTINGS
"""What a client of HTTP/2 sends first (RFC 9113, 3.4), with empty SETTINGS."""


def health_checks(check: HealthCheck, interval: timedelta | None) -> list[EnvoyHealthCheck]:
    """Return Envoy's health checks of an endpoint, one each `interval`; none for `none`."""
    kind = check.type
    if kind == "none" or interval is None:
        return []
    return [
        EnvoyHealthCheck(
            timeout=check.timeout,
            interval=interval,
            # With Envoy's default of 60 s, the next call of a quiet service could go to a dead task.
            no_traffic_interval=interval,
            unhealthy_threshold=check.unhealthy_threshold,
            unhealthy_edge_interval=min(interval, EDGE_INTERVAL),
            # DNS lists a task before its server listens, so a check that came too early is repeated soon.
            unhealthy_interval=min(interval, MAX_UNHEALTHY_INTERVAL),
            healthy_threshold=check.healthy_threshold,
            # The proxies must not check all tasks at the same instant.
            interval_jitter_percent=JITTER_PERCENT,
            # The greeting of HTTP/2 can be sent only once on a connection.
            reuse_connection=False if kind == "http2" else None,
            tcp_health_check=_tcp_health_check(kind),
            grpc_health_check=HealthCheckGrpcHealthCheck(service_name=check.service)
            if kind == "grpc"
            else None,
        )
    ]


def _tcp_health_check(kind: HealthCheckType) -> HealthCheckTcpHealthCheck | None:
    if kind == "http2":
        # The server has to acknowledge our SETTINGS (RFC 9113, 6.5.3). The kernel accepts connections for a
        # frozen process, but it does not do this. No stream is opened: to the server, this is no call.
        return HealthCheckTcpHealthCheck(
            send=HealthCheckPayload(text=_HELLO), receive=[HealthCheckPayload(text=_SETTINGS_ACK)]
        )
    return HealthCheckTcpHealthCheck() if kind == "tcp" else None
