"""Rules for what is neither of a cluster nor of a listener: limits, admin interface, statistics."""

from ecs_envoy.review.assembly.json_value import Json
from ecs_envoy.review.documents.trees.rules import added_and_removed, items, presence, rule, statement, value
from ecs_envoy.review.documents.trees.shown import share, shown, size

_OVERLOAD = "overload_manager"
_HEAP = "envoy.resource_monitors.fixed_heap"
_CONNECTIONS = "envoy.resource_monitors.global_downstream_max_connections"


def _pattern(found: Json) -> str:
    """Return the text within a matcher of names."""
    return _pattern(next(iter(found.values()))) if isinstance(found, dict) and found else shown(found)


PROXY = (
    rule("node/id", value("named")),
    rule("node/cluster", value("named")),
    rule("node/**", value("node")),
    rule(_OVERLOAD, presence("limits of memory and connections")),
    rule(f"{_OVERLOAD}/resource_monitors/{_HEAP}/max_heap_size_bytes", value("max heap", size)),
    rule(f"{_OVERLOAD}/resource_monitors/{_CONNECTIONS}/*", value("open connections at most")),
    rule(f"{_OVERLOAD}/refresh_interval", value("looks at its memory every", default="1s")),
    rule(f"{_OVERLOAD}/actions", items("action on overload", "actions on overload")),
    rule(
        f"{_OVERLOAD}/actions/envoy.overload_actions.stop_accepting_requests/**/value",
        value("refuses calls from a heap of", share),
    ),
    rule(
        f"{_OVERLOAD}/actions/envoy.overload_actions.shrink_heap/**/value",
        value("frees memory from a heap of", share),
    ),
    rule(f"{_OVERLOAD}/actions/*/triggers/**/scaling_threshold", value("overload begins at", share)),
    rule(f"{_OVERLOAD}/actions/*/triggers/**/saturation_threshold", value("overload is complete at", share)),
    rule("admin", presence("admin interface")),
    rule("admin/address/socket_address/address", value("admin interface: address")),
    rule("admin/address/socket_address/port_value", value("admin interface: port")),
    rule("stats_config", presence("list of kept statistics")),
    rule(
        "stats_config/stats_matcher/inclusion_list/patterns",
        items("kept statistic", "kept statistics", _pattern),
    ),
    rule("stats_config/stats_tags", items("label of statistics", "labels of statistics")),
    rule("stats_config/histogram_bucket_settings/**/buckets", value("buckets of durations")),
    rule("stats_sinks", items("sink of statistics", "sinks of statistics")),
    rule("stats_flush_interval", value("statistics are sent every", default="5s")),
    rule("layered_runtime/layers/*/static_layer/*", added_and_removed("runtime value")),
    rule("typed_dns_resolver_config/query_timeout_seconds", value("timeout of a DNS query, in seconds")),
    rule("typed_dns_resolver_config/query_tries", value("tries of a DNS query", default="4")),
    rule("typed_dns_resolver_config/**/socket_address/**", statement("asks other DNS servers")),
    rule("dynamic_resources", presence("resources from a management server")),
    rule("default_regex_engine", value("regex engine")),
)
