"""HTTP/2's limits and keepalive, towards clients and towards tasks."""

from datetime import timedelta

from envoy_data_plane.envoy.config.core.v3 import Http2ProtocolOptions, KeepaliveSettings, TcpKeepalive

# "Configuring Envoy as an edge proxy": what one peer can make Envoy hold.
BUFFER_LIMIT_BYTES = 32 * 1024
STREAM_WINDOW_BYTES = 64 * 1024
CONNECTION_WINDOW_BYTES = 1024 * 1024

MAX_CONCURRENT_STREAMS = 1024
"""
Calls that one client may have open on its connection. The edge guide's 100 is for browsers: a pinned gRPC
client sends all its calls over one connection, and above the limit they wait inside the client, unseen.
The connection's window, not this number, bounds the memory.
"""


def downstream_http2() -> Http2ProtocolOptions:
    """Return HTTP/2 as offered to clients."""
    return Http2ProtocolOptions(
        max_concurrent_streams=MAX_CONCURRENT_STREAMS,
        initial_stream_window_size=STREAM_WINDOW_BYTES,
        initial_connection_window_size=CONNECTION_WINDOW_BYTES,
        # A client that vanished without a FIN is found, and its streams freed. gRPC clients answer any PING.
        connection_keepalive=KeepaliveSettings(interval=timedelta(seconds=30), timeout=timedelta(seconds=10)),
    )


def upstream_http2() -> Http2ProtocolOptions:
    """Return HTTP/2 as spoken to tasks."""
    return Http2ProtocolOptions(
        initial_stream_window_size=STREAM_WINDOW_BYTES,
        initial_connection_window_size=CONNECTION_WINDOW_BYTES,
        connection_keepalive=KeepaliveSettings(
            # A stock gRPC server closes a connection that is pinged more often than every 5 minutes
            # ("too_many_pings": gRPC's "Keepalive" guide), and the calls on it are lost.
            interval=timedelta(minutes=5),
            timeout=timedelta(seconds=10),
            # So a connection that has been quiet is tried before the next call; the call's answer resets
            # the server's count of pings. TCP keepalive watches over quiet streams meanwhile.
            connection_idle_interval=timedelta(seconds=30),
        ),
    )


def upstream_tcp_keepalive() -> TcpKeepalive:
    """Return how the kernel finds a task that vanished without a FIN: after 30 s + 3 x 5 s of silence."""
    return TcpKeepalive(keepalive_time=30, keepalive_interval=5, keepalive_probes=3)
