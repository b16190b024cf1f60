"""Rules for clusters. Paths are those of `simple_cluster`; defaults are those of Envoy's API reference."""

from ecs_envoy.review.documents.trees.rules import (
    WHERE,
    added_and_removed,
    instead,
    presence,
    rule,
    silent,
    silent_presence,
    single,
    statement,
    value,
)
from ecs_envoy.review.documents.trees.shown import size

_HTTP2 = "**/http2_protocol_options"

CLUSTER = (
    # How tasks are found.
    rule("discovery", instead("discovered by")),
    # What comes and goes with another way of discovery has no words of its own.
    rule("addresses", silent_presence),
    rule("addresses", added_and_removed("address")),
    rule("endpoints", lambda old, new: f"endpoints come {new} instead of {old}" if old and new else ""),
    rule("eds_cluster_config settings", silent_presence),
    rule("eds_cluster_config settings/eds_config/ads", silent),
    rule("eds_cluster_config settings/eds_config/path_config_source/**", silent_presence),
    rule("eds_cluster_config settings/eds_config/path_config_source/path", value("endpoint file")),
    rule("eds_cluster_config settings/eds_config/path_config_source/watched_directory/**", silent),
    rule("cluster_type settings", silent_presence),
    rule("cluster_type settings/dns_refresh_rate", value("DNS refresh", default="5s")),
    rule("cluster_type settings/respect_dns_ttl", value("DNS TTL respected", default="false")),
    rule("dns_refresh_rate", value("DNS refresh", default="5s")),
    rule("dns_lookup_family", value("DNS address family", default="AUTO")),
    rule("ignore_health_on_host_removal", value("unlisted tasks are dropped at once:", default="false")),
    # To connect.
    rule("connect_timeout", value("connect timeout", default="5s")),
    rule("per_connection_buffer_limit_bytes", value("buffer for a connection", size, default="1 MiB")),
    rule("transport_socket", presence("TLS to its tasks")),
    rule("transport_socket/**/sni", value("TLS to its tasks: server name", default="none")),
    rule("upstream_connection_options/tcp_keepalive/*", value("TCP keepalive")),
    rule(f"{_HTTP2}/max_concurrent_streams", value("open calls on a connection, at most")),
    rule(f"{_HTTP2}/initial_stream_window_size", value("window of a call", size)),
    rule(f"{_HTTP2}/initial_connection_window_size", value("window of a connection", size)),
    rule(f"{_HTTP2}/connection_keepalive/interval", value("keepalive every")),
    rule(f"{_HTTP2}/connection_keepalive/timeout", value("keepalive timeout")),
    rule("**/common_http_protocol_options/idle_timeout", value("idle timeout of a connection", default="1h")),
    rule("**/common_http_protocol_options/max_connection_duration", value("longest life of a connection")),
    # How calls are spread.
    rule("lb_policy", value("load balancing", default="ROUND_ROBIN")),
    rule("load_balancing_policy", statement("load balancing differs")),
    rule("**/slow_start_config", presence("slow start")),
    rule("**/slow_start_config/slow_start_window", value("slow start")),
    rule("common_lb_config/healthy_panic_threshold", value("panic threshold", default="50%")),
    rule("common_lb_config/update_merge_window", value("window for updates of tasks", default="1s")),
    rule("common_lb_config/locality_weighted_lb_config", presence("preference for tasks of the own zone")),
    rule("lb_subset_config", presence("subsets of tasks")),
    # Health.
    rule("health_check", presence("health check", lambda check: _kind(check))),
    rule("health_check/kind", instead("health check")),
    rule("health_check/grpc service_name", value("health check of the service", default="all")),
    rule("health_check/http path", value("health check of the path")),
    rule("health_check/interval", value("health check every")),
    rule("health_check/timeout", value("health check timeout")),
    rule("health_check/unhealthy_threshold", value("failed checks until a task is down")),
    rule("health_check/healthy_threshold", value("good checks until a task is up")),
    rule("health_check/no_traffic_interval", value("health check of a quiet service every", default="60s")),
    rule("health_check/unhealthy_interval", value("health check of a task that is down every")),
    rule("health_check/unhealthy_edge_interval", value("second health check after")),
    rule("health_check/reuse_connection", silent),  # follows from the kind
    rule("outlier_detection", presence("outlier detection")),
    rule("outlier_detection/consecutive_5xx", value("outlier detection: failed calls", default="5")),
    rule(
        "outlier_detection/consecutive_gateway_failure",
        value("outlier detection: unreachable in a row", default="5"),
    ),
    rule("outlier_detection/base_ejection_time", value("outlier detection: ejected for", default="30s")),
    rule("outlier_detection/max_ejection_percent", value("outlier detection: at most", default="10")),
    rule("outlier_detection/*", single(f"outlier detection: {WHERE}")),
    # Limits.
    rule("circuit_breakers", presence("circuit breakers")),
    rule("circuit_breakers/max_requests", value("open calls at most", default="1024")),
    rule("circuit_breakers/max_pending_requests", value("waiting calls at most", default="1024")),
    rule("circuit_breakers/max_connections", value("connections at most", default="1024")),
    rule("circuit_breakers/max_retries", value("retries at once at most", default="3")),
    rule("circuit_breakers/retry_budget", presence("retry budget")),
    rule("circuit_breakers/retry_budget/budget_percent", value("retry budget", default="20%")),
    rule("circuit_breakers/*", single(f"circuit breakers: {WHERE}")),
    rule("track_cluster_stats", presence("statistics of each task")),
    rule("track_cluster_stats/per_endpoint_stats", value("statistics of each task", default="false")),
)


def _kind(check: object) -> str:
    match check:
        case {"kind": str(kind)}:
            return kind
        case _:
            return ""
