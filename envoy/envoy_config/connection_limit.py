"""The limit for the connections of clients to one Envoy."""

from envoy_data_plane.envoy.config.listener.v3 import Filter
from envoy_data_plane.envoy.config.overload.v3 import ResourceMonitor
from envoy_data_plane.envoy.extensions.filters.network.connection_limit.v3 import ConnectionLimit
from envoy_data_plane.envoy.extensions.resource_monitors.downstream_connections.v3 import (
    DownstreamConnectionsConfig,
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


def connection_monitor(proxy: Proxy) -> ResourceMonitor:
    """Return the monitor that reports how near `proxy` is to its limit, as `pressure` in percent.

    It is also a limit of its own, which resets connections silently. So it counts 2 % more than the filter.
    """
    most = proxy.connection_limit + proxy.connection_limit // 50 + 1
    return ResourceMonitor(
        name="envoy.resource_monitors.global_downstream_max_connections",
        typed_config=typed_config(DownstreamConnectionsConfig(max_active_downstream_connections=most)),
    )
