"""Limits and keepalive of HTTP/2, towards clients and towards tasks."""

from datetime import timedelta

from envoy_config.messages import (
    Http2ProtocolOptions,
    Http2ProtocolOptionsSettingsParameter,
    KeepaliveSettings,
    TcpKeepalive,
)
from envoy_config.policy.capacity import Connections

KIB, MIB = 1024, 1024 * 1024

BUFFER_LIMIT_BYTES = 32 * KIB
"""
How much Envoy reads from a socket ahead of what it can pass on ("Configuring Envoy as an edge proxy"). A
larger buffer makes no upload faster, the windows do (docs/grpc.md).
"""

DOWNSTREAM_STREAM_WINDOW_BYTES = 2 * MIB
"""
How much of one request a client may send before Envoy has passed it on, so a call sends this much in each
round trip. The 64 KiB of "Configuring Envoy as an edge proxy" are for browsers: a request of 4 MB took 711 ms
at a round trip of 10 ms, and 25 ms without a proxy. With 1 MiB it takes 62 ms, with 2 MiB 41 (docs/grpc.md).
"""

DOWNSTREAM_CONNECTION_WINDOW_BYTES = 32 * MIB
"""
The same for all calls of a connection. Sixteen requests that no task reads fill it, as many as with the
windows of "Configuring Envoy as an edge proxy"; other calls of this client then wait.
"""

REQUEST_BUFFER_BYTES = 2 * MIB
"""
Up to this size Envoy keeps a request, so that it can send it to a second task if the first one cannot be
reached. If a request grows beyond it, Envoy drops what it kept. Its default is the size of a stream's window.
"""

UPSTREAM_STREAM_WINDOW_BYTES = 1 * MIB
"""
How much of one response a task may send before its client has read it. The round trip inside a VPC is about
1 ms: a response of 4 MB took 55 ms with 256 KiB, 17 ms with 1 MiB, and 12 ms without a proxy (docs/grpc.md).
"""

HEADERS_KIB = 256
"""
The size of all headers of a request, or of a response, in KiB. Envoy's default is 60, and a server that
reports an error in detail exceeds it with `grpc-status-details-bin`. A single value may have 64 KiB by
default, and 256 at most (`max_header_field_size_kb`); a larger one ends its connection. Envoy's other codec
(`use_oghttp2_codec`) has no such limit, but costs a third more for every call (docs/grpc.md).
"""

HEADERS_COUNT = 1000
"""The number of headers of a request or of a response. Envoy's default is 100, and gRPC has no limit."""

MAX_CONCURRENT_STREAMS = 1024
"""
How many calls a client may have open on one connection. "Configuring Envoy as an edge proxy" recommends 100,
for browsers. A pinned gRPC client sends all its calls over one connection, and calls above the limit wait
inside the client, where nobody sees them. The connection's window bounds the memory, not this number.
"""

_SETTINGS_MAX_HEADER_LIST_SIZE = 6
"""The identifier of the setting in RFC 9113, 6.5.2."""


def downstream_http2() -> Http2ProtocolOptions:
    """Return the options of HTTP/2 for connections from clients."""
    return Http2ProtocolOptions(
        max_concurrent_streams=MAX_CONCURRENT_STREAMS,
        initial_stream_window_size=DOWNSTREAM_STREAM_WINDOW_BYTES,
        initial_connection_window_size=DOWNSTREAM_CONNECTION_WINDOW_BYTES,
        max_header_field_size_kb=HEADERS_KIB,
        custom_settings_parameters=_advertised_limits(),
        # By default Envoy closes the connection, with every call on it, if one call has a header that HTTP/2
        # forbids, such as `connection`.
        override_stream_error_on_invalid_http_message=True,
        # This finds a client that vanished without a FIN, and frees its streams. gRPC clients answer any
        # PING.
        connection_keepalive=KeepaliveSettings(interval=timedelta(seconds=30), timeout=timedelta(seconds=10)),
    )


def upstream_http2(connections: Connections) -> Http2ProtocolOptions:
    """Return the options of HTTP/2 for `connections` to tasks."""
    return Http2ProtocolOptions(
        # Envoy obeys the task's own limit, but only once it has read the task's SETTINGS. Until then it sends
        # as many calls as this, and a server refuses those above its limit.
        max_concurrent_streams=connections.max_concurrent_streams,
        initial_stream_window_size=UPSTREAM_STREAM_WINDOW_BYTES,
        # Room for all calls, so that responses which clients do not read never stop those of others.
        initial_connection_window_size=connections.max_concurrent_streams * UPSTREAM_STREAM_WINDOW_BYTES,
        max_header_field_size_kb=HEADERS_KIB,
        custom_settings_parameters=_advertised_limits(),
        # The connection has the calls of many clients, and one bad response must not end them all.
        override_stream_error_on_invalid_http_message=True,
        connection_keepalive=KeepaliveSettings(
            interval=connections.keepalive_interval,
            timeout=connections.keepalive_timeout,
            # Pings every 5 minutes find a task that has gone too late. So Envoy also pings a connection that
            # was quiet before it uses it for the next call. The answer to that call resets the server's count
            # of pings. TCP keepalive covers quiet streams.
            connection_idle_interval=timedelta(seconds=30),
        ),
    )


def _advertised_limits() -> list[Http2ProtocolOptionsSettingsParameter]:
    """Return the SETTINGS that tell the other side how large headers may be.

    A program that heeds it, such as grpc-go, ends the call by itself and says why. Envoy does not send it by
    default.
    """
    return [
        Http2ProtocolOptionsSettingsParameter(
            identifier=_SETTINGS_MAX_HEADER_LIST_SIZE, value=HEADERS_KIB * KIB
        )
    ]


def upstream_tcp_keepalive() -> TcpKeepalive:
    """Return the keepalive that finds a task that vanished without a FIN, after 30 s + 3 x 5 s of silence."""
    return TcpKeepalive(keepalive_time=30, keepalive_interval=5, keepalive_probes=3)
