"""The HTTP connection manager: what happens to each call on the listener."""

from datetime import timedelta

from envoy_data_plane.envoy.config.core.v3 import HttpProtocolOptions
from envoy_data_plane.envoy.extensions.filters.network.http_connection_manager.v3 import (
    HttpConnectionManager,
    HttpConnectionManagerCodecType,
)
from envoy_data_plane.envoy.type.v3 import Percent

from envoy_config.access_log import access_logs
from envoy_config.call_stats import call_stats
from envoy_config.http2 import downstream_http2
from envoy_config.http_filters import http_filters
from envoy_config.model import Proxy, Service
from envoy_config.route import route_configuration
from envoy_config.tracing import request_id_extension, tracing


def http_connection_manager(proxy: Proxy, services: tuple[Service, ...]) -> HttpConnectionManager:
    """Return the connection manager that routes calls to `services`."""
    return HttpConnectionManager(
        stat_prefix="grpc",
        # gRPC without TLS speaks HTTP/2 from the first byte; nothing else is served.
        codec_type=HttpConnectionManagerCodecType.HTTP2,
        http2_protocol_options=downstream_http2(),
        common_http_protocol_options=HttpProtocolOptions(
            # Envoy's hour would keep the connections of clients that are long gone from need.
            idle_timeout=timedelta(hours=1),
            # Without it a client stays on the proxy task it first found, and a new one idles.
            max_connection_duration=proxy.max_connection_duration,
            # Clients that connected together need not leave together.
            max_connection_duration_jitter=Percent(value=20),
            # The edge guide rejects underscores in header names for the sake of servers that confuse them
            # with hyphens. gRPC's do not, and its metadata keys may hold them: allowed, Envoy's default.
        ),
        # Envoy's 5 minutes would end a stream whose two sides have nothing to say for a while.
        # Keepalive finds those whose other side is gone.
        stream_idle_timeout=timedelta(0),
        # Headers come in one piece or the client is broken; an open stream without any holds memory.
        request_headers_timeout=timedelta(seconds=10),
        # The edge guide's: the connection's address is the client's, whatever its headers say.
        use_remote_address=True,
        # A request id that the client chose joins its log with ours. Where there is none, Envoy would make
        # one for every call, and few are logged.
        preserve_external_request_id=True,
        generate_request_id=bool(proxy.access_log and proxy.access_log.request_ids),
        access_log=[*access_logs(proxy.access_log), *([call_stats()] if proxy.metrics else [])],
        tracing=tracing(proxy),
        request_id_extension=request_id_extension(proxy),
        http_filters=http_filters(),
        route_config=route_configuration(services),
    )
