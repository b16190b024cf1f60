"""The limit for the connections of clients to one Envoy."""

from datetime import timedelta

from envoy_config.messages import (
    ConnectionLimit,
    DownstreamConnectionsConfig,
    Filter,
    OverloadAction,
    ResourceMonitor,
    ScaledTrigger,
    ScaleTimersOverloadActionConfig,
    ScaleTimersOverloadActionConfigScaleTimer,
    ScaleTimersOverloadActionConfigTimerType,
    Trigger,
)
from envoy_config.model import Proxy
from envoy_config.typed_extension import typed_config


def connection_limit(proxy: Proxy) -> Filter:
    """Return the filter that closes a new connection if `proxy` has as many as it may have.

    It counts what it closes (`limited_connections`), and a gRPC client turns to another task of the proxy.
    The connection closes before it has a call, so Envoy cannot answer with a status.
    """
    return Filter(
        name="envoy.filters.network.connection_limit",
        typed_config=typed_config(
            ConnectionLimit(stat_prefix="grpc", max_connections=proxy.connection_limit)
        ),
    )


_MONITOR = "envoy.resource_monitors.global_downstream_max_connections"


def connection_monitor(proxy: Proxy) -> ResourceMonitor:
    """Return the monitor that reports how near `proxy` is to its limit, as `pressure` in percent.

    It is also a limit of its own, which resets connections silently. So it counts 2 % more than the filter.
    """
    most = proxy.connection_limit + proxy.connection_limit // 50 + 1
    return ResourceMonitor(
        name=_MONITOR,
        typed_config=typed_config(DownstreamConnectionsConfig(max_active_downstream_connections=most)),
    )


def close_idle_connections() -> OverloadAction:
    """Return the action that closes connections without a call ever sooner as the proxy nears its limit.

    Without it, one client could keep all others out for an hour, with connections that it does not use.
    Envoy announces the end by GOAWAY, and a gRPC client connects again when it has a call.
    """
    idle = ScaleTimersOverloadActionConfigScaleTimer(
        timer=ScaleTimersOverloadActionConfigTimerType.HTTP_DOWNSTREAM_CONNECTION_IDLE,
        min_timeout=timedelta(seconds=10),
    )
    return OverloadAction(
        name="envoy.overload_actions.reduce_timeouts",
        triggers=[
            Trigger(name=_MONITOR, scaled=ScaledTrigger(scaling_threshold=0.8, saturation_threshold=0.95))
        ],
        typed_config=typed_config(ScaleTimersOverloadActionConfig(timer_scale_factors=[idle])),
    )
