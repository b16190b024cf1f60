"""Limits and keepalive of HTTP/2, towards clients and towards tasks."""

from datetime import timedelta

from envoy_data_plane.envoy.config.core.v3 import Http2ProtocolOptions, KeepaliveSettings, TcpKeepalive

# They limit how much one peer can make Envoy hold in memory ("Configuring Envoy as an edge proxy").
BUFFER_LIMIT_BYTES = 32 * 1024
STREAM_WINDOW_BYTES = 64 * 1024
CONNECTION_WINDOW_BYTES = 1024 * 1024

MAX_CONCURRENT_STREAMS = 1024
"""
How many calls a client may have open on one connection. "Configuring Envoy as an edge proxy" recommends 100,
for browsers. A pinned gRPC client sends all its calls over one connection, and calls above the limit wait
inside the client, where nobody sees them. The connection's window bounds the memory, not this number.
"""


def downstream_http2() -> Http2ProtocolOptions:
    """Return the options of HTTP/2 for connections from clients."""
    return Http2ProtocolOptions(
        max_concurrent_streams=MAX_CONCURRENT_STREAMS,
        initial_stream_window_size=STREAM_WINDOW_BYTES,
        initial_connection_window_size=CONNECTION_WINDOW_BYTES,
        # This finds a client that vanished without a FIN, and frees its streams. gRPC clients answer any
        # PING.
        connection_keepalive=KeepaliveSettings(interval=timedelta(seconds=30), timeout=timedelta(seconds=10)),
    )


def upstream_http2() -> Http2ProtocolOptions:
    """Return the options of HTTP/2 for connections to tasks."""
    return Http2ProtocolOptions(
        initial_stream_window_size=STREAM_WINDOW_BYTES,
        initial_connection_window_size=CONNECTION_WINDOW_BYTES,
        connection_keepalive=KeepaliveSettings(
            # By default a gRPC server closes a connection that is pinged more often than every 5 minutes
            # ("too_many_pings" in gRPC's "Keepalive" guide), and the calls on it are lost.
            interval=timedelta(minutes=5),
            timeout=timedelta(seconds=10),
            # So Envoy pings a connection that was quiet before it uses it for the next call. The answer to
            # that call resets the server's count of pings. TCP keepalive covers quiet streams.
            connection_idle_interval=timedelta(seconds=30),
        ),
    )


def upstream_tcp_keepalive() -> TcpKeepalive:
    """Return the keepalive that finds a task that vanished without a FIN, after 30 s + 3 x 5 s of silence."""
    return TcpKeepalive(keepalive_time=30, keepalive_interval=5, keepalive_probes=3)
