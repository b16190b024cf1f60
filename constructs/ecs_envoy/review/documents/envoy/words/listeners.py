"""Rules for listeners. Paths are those of `simple_listener`."""

from ecs_envoy.review.assembly.json_value import Json
from ecs_envoy.review.comment.page import code
from ecs_envoy.review.documents.trees.rules import (
    WHERE,
    added_and_removed,
    presence,
    rule,
    silent_presence,
    statement,
    value,
)
from ecs_envoy.review.documents.trees.shown import kib, milliseconds, shown, size

_MANAGER = "**/envoy.filters.network.http_connection_manager"
_HTTP2 = f"{_MANAGER}/http2_protocol_options"
_COMMON = f"{_MANAGER}/common_http_protocol_options"
_LOG = f"{_MANAGER}/access_log"


def _refusal(old: Json, new: Json) -> str:
    """Return the words that differ in what a refused call is told; what stays would fill the line."""
    before, after = shown(old).split(), shown(new).split()
    first = 0
    while first < min(len(before), len(after)) and before[first] == after[first]:
        first += 1
    last = 0
    while last < min(len(before), len(after)) - first and before[-1 - last] == after[-1 - last]:
        last += 1
    was, is_now = (" ".join(words[first : len(words) - last]).strip(",.:;") for words in (before, after))
    return f"what a refused client is told: {code(was)} → {code(is_now)}"


def _logger(old: Json, new: Json) -> str | None:
    match new if old is None else old if new is None else None:
        case {"name": "envoy.access_loggers.stats"}:
            return f"statistics of calls {'added' if old is None else 'removed'}"
        case dict():
            return "access log: other calls are logged"
        case _:
            return None


def _filter(old: Json, new: Json) -> str | None:
    """Word a filter that does nothing by itself; of another one its settings matter, too."""
    match old, new:
        case None, {"disabled": True}:
            return f"filter {WHERE} added, off unless a route turns it on"
        case {"disabled": True}, None:
            return f"filter {WHERE} removed, which was off unless a route turned it on"
        case _:
            return None


LISTENER = (
    rule("ports", added_and_removed("port")),
    rule("**/transport_socket", presence("TLS")),
    rule("**/transport_socket/**/certificate_chain/filename", value("TLS: certificate")),
    rule("**/transport_socket/**/private_key/filename", value("TLS: private key")),
    rule("**/transport_socket/**/require_client_certificate", value("TLS: clients need a certificate")),
    rule("per_connection_buffer_limit_bytes", value("buffer for a connection", size, default="1 MiB")),
    rule("**/envoy.filters.network.connection_limit", presence("limit of connections")),
    rule(
        "**/envoy.filters.network.connection_limit/max_connections", value("connections of clients at most")
    ),
    # Connections and streams of clients.
    rule(f"{_COMMON}/idle_timeout", value("idle timeout of a connection", default="1h")),
    rule(f"{_COMMON}/max_connection_duration", value("longest life of a connection", default="none")),
    rule(f"{_COMMON}/max_connection_duration_jitter", value("spread of a connection's life", default="none")),
    rule(f"{_COMMON}/max_stream_duration", value("longest call", default="none")),
    rule(f"{_COMMON}/max_headers_count", value("headers at most", default="100")),
    rule(f"{_MANAGER}/max_request_headers_kb", value("headers at most", kib, default="60 KiB")),
    rule(f"{_MANAGER}/stream_idle_timeout", value("idle timeout of a call", default="5m")),
    rule(f"{_MANAGER}/request_timeout", value("timeout of a request", default="none")),
    rule(f"{_MANAGER}/request_headers_timeout", value("timeout of the headers", default="none")),
    rule(f"{_MANAGER}/drain_timeout", value("drain of a connection", default="5s")),
    rule(f"{_MANAGER}/use_remote_address", value("client's address from the connection", default="false")),
    rule(f"{_HTTP2}/max_concurrent_streams", value("open calls on a connection, at most")),
    rule(f"{_HTTP2}/initial_stream_window_size", value("window of a call", size)),
    rule(f"{_HTTP2}/initial_connection_window_size", value("window of a connection", size)),
    rule(f"{_HTTP2}/connection_keepalive/interval", value("keepalive every")),
    rule(f"{_HTTP2}/connection_keepalive/timeout", value("keepalive timeout")),
    # What is reported.
    rule(_LOG, presence("access log")),
    rule(f"{_LOG}/*/filter/**/percent_sampled", value("access log: sample", default="100%")),
    rule(f"{_LOG}/*/filter/**/duration_filter", presence("access log: slow calls")),
    rule(
        f"{_LOG}/*/filter/**/duration_filter/comparison/value",
        value("access log: slow calls from", milliseconds),
    ),
    rule(f"{_LOG}/*/**/json_format/*", statement("access log: its fields differ")),
    rule(f"{_LOG}/*", _logger),
    rule(f"{_LOG}/*/filter/**/header_filter", statement("access log: other calls are logged")),
    rule(f"{_MANAGER}/generate_request_id", value("calls without a request id get one", default="true")),
    rule(f"{_MANAGER}/tracing", presence("tracing")),
    rule(f"{_MANAGER}/tracing/**/sampling_percentage", value("tracing: sample", default="100%")),
    rule(f"{_MANAGER}/tracing/random_sampling", value("tracing: sample", default="100%")),
    rule(f"{_MANAGER}/tracing/**/service_name", value("tracing: name")),
    rule(f"{_MANAGER}/request_id_extension", silent_presence),
    # What a call passes.
    rule(f"{_MANAGER}/http_filters/*", _filter),
    rule(f"{_MANAGER}/local_reply_config/**/inline_string", _refusal),
    rule(f"{_MANAGER}/server_name", value("server name", default="envoy")),
)
