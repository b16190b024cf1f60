"""Which statistics Envoy keeps if it serves metrics."""

from envoy_config.call_stats import BUCKETS_MS, PREFIX
from envoy_config.messages import (
    HistogramBucketSettings,
    ListStringMatcher,
    RegexMatcher,
    StatsConfig,
    StatsMatcher,
    StringMatcher,
    TagSpecifier,
)

CLUSTER_STATS = (
    "membership_healthy",
    "membership_total",
    "outlier_detection.ejections_active",
    "outlier_detection.ejections_enforced_total",
    "upstream_cx_active",
    "upstream_cx_connect_fail",
    "upstream_rq_active",
    "upstream_rq_pending_overflow",
    "upstream_rq_retry",
    "upstream_rq_retry_limit_exceeded",
    "upstream_rq_retry_overflow",
    "upstream_rq_total",  # the discovery sidecar reads it, too
)
"""
The statistics of a service that dashboards, rules and alarms use, and no others (`tests/monitoring` checks
it).
"""

CLUSTER_LABELS = {
    "service": r"^cluster\.(([a-z0-9-]+)(?:\|[^.]*)?\.)",
    "version": r"^cluster\.([a-z0-9-]+\|([^.]+)\.)",
}
"""
Labels of a service's statistics, from its cluster's name: `<service>`, or `<service>|<version>` where it has
several clusters. The proxy's own clusters have an underscore in their names, and no such label. Envoy applies
these when it makes a statistic, not when it counts.
"""

SERVER_STATS = ("memory_allocated", "memory_physical_size", "uptime")

LISTENER_STATS = ("downstream_cx_active", "downstream_rq_active", "no_route")

CONNECTION_LIMIT_STATS = ("limited_connections",)


def stats_config() -> StatsConfig:
    """Return the list of statistics to keep, and the buckets for the durations of calls.

    Statistics that are not on the list take neither memory nor work. The list does not apply to the counts of
    endpoints; the metrics listener filters those.
    """
    patterns = [
        StringMatcher(prefix=f"{PREFIX}."),
        _suffixes(r"cluster\.[^.]+\.", CLUSTER_STATS),
        _suffixes(r"server\.", SERVER_STATS),
        _suffixes(r"http\.grpc\.", LISTENER_STATS),
        _suffixes(r"connection_limit\.grpc\.", CONNECTION_LIMIT_STATS),
        StringMatcher(safe_regex=RegexMatcher(regex=r"overload\..*\.pressure")),
    ]
    return StatsConfig(
        stats_tags=[TagSpecifier(tag_name=name, regex=regex) for name, regex in CLUSTER_LABELS.items()],
        stats_matcher=StatsMatcher(inclusion_list=ListStringMatcher(patterns=patterns)),
        histogram_bucket_settings=[
            HistogramBucketSettings(match=StringMatcher(prefix=f"{PREFIX}."), buckets=list(BUCKETS_MS))
        ],
    )


def _suffixes(prefix: str, names: tuple[str, ...]) -> StringMatcher:
    alternatives = "|".join(name.replace(".", r"\.") for name in names)
    return StringMatcher(safe_regex=RegexMatcher(regex=f"{prefix}({alternatives})"))
