"""The HTTP connection manager: what happens to each call on the listener."""

from datetime import timedelta

from envoy_config.access_log import access_logs
from envoy_config.call_stats import call_stats
from envoy_config.canary_fields import canary_fields
from envoy_config.http2 import HEADERS_COUNT, HEADERS_KIB, downstream_http2
from envoy_config.http_filters import http_filters
from envoy_config.local_reply import local_reply_config
from envoy_config.messages import (
    AccessLog,
    CommonHttpProtocolOptions,
    HttpConnectionManager,
    HttpConnectionManagerCodecType,
    Percent,
)
from envoy_config.method_routes import canaries_of
from envoy_config.model import Proxy, Service
from envoy_config.route import route_configuration
from envoy_config.routing import routes
from envoy_config.tracing import request_id_extension, tracing


def http_connection_manager(proxy: Proxy, services: tuple[Service, ...]) -> HttpConnectionManager:
    """Return the connection manager that routes calls to `services`."""
    return HttpConnectionManager(
        stat_prefix="grpc",
        # gRPC without TLS uses HTTP/2 from the first byte. Nothing else is served.
        codec_type=HttpConnectionManagerCodecType.HTTP2,
        http2_protocol_options=downstream_http2(),
        max_request_headers_kb=HEADERS_KIB,
        common_http_protocol_options=CommonHttpProtocolOptions(
            # Envoy's default, written out: an unused connection of a client is closed after an hour.
            idle_timeout=timedelta(hours=1),
            # Without a limit a client keeps its connection to one proxy task, and a new proxy task stays
            # idle.
            max_connection_duration=proxy.max_connection_duration,
            # Clients that connected at the same time should not reconnect at the same time.
            max_connection_duration_jitter=Percent(value=20),
            max_headers_count=HEADERS_COUNT,
            # "Configuring Envoy as an edge proxy" rejects underscores in header names, because some servers
            # confuse them with hyphens. gRPC servers do not, and gRPC's metadata keys may have underscores.
            # So we keep Envoy's default, which allows them.
        ),
        # Envoy's default of 5 minutes would end a stream that is silent for a while. Keepalive finds streams
        # whose other side is gone.
        stream_idle_timeout=timedelta(0),
        # A stream without headers holds memory, and a working client sends its headers at once.
        request_headers_timeout=timedelta(seconds=10),
        # The client's address is that of its connection, whatever its headers say ("Configuring Envoy as an
        # edge proxy").
        use_remote_address=True,
        # With the client's own request id, its log can be joined with ours. By default Envoy would make an id
        # for every call without one, although few calls are logged.
        preserve_external_request_id=True,
        generate_request_id=bool(proxy.access_log and proxy.access_log.request_ids),
        access_log=[
            *access_logs(proxy.access_log, _streams(services), canary_fields(services)),
            *(_call_stats(services) if proxy.metrics else []),
        ],
        tracing=tracing(proxy),
        request_id_extension=request_id_extension(proxy),
        local_reply_config=local_reply_config(proxy, services),
        # `lessons.example.com.` is how DNS writes a name that no search domain may be added to.
        strip_trailing_host_dot=True,
        http_filters=http_filters(services),
        route_config=route_configuration(routes([service.claim for service in services]), services),
    )


def _call_stats(services: tuple[Service, ...]) -> list[AccessLog]:
    labels, canaries = canary_fields(services), canaries_of(services)
    return call_stats(
        _streams(services), services=len(services), labels=labels, destinations=1 + len(canaries)
    )


def _streams(services: tuple[Service, ...]) -> list[str]:
    """Return the paths of the streaming methods of `services`, in their order."""
    return sorted({f"/{method}" for service in services for method in service.upstream.streaming_methods})
