"""Which of its statistics Envoy keeps where metrics are read."""

from envoy_data_plane.envoy.config.metrics.v3 import HistogramBucketSettings, StatsConfig, StatsMatcher
from envoy_data_plane.envoy.type.matcher.v3 import ListStringMatcher, RegexMatcher, StringMatcher

from envoy_config.call_stats import BUCKETS_MS, PREFIX

OF_A_CLUSTER = (
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
"""What dashboards, rules and alarms use of a service, and no more (`tests/monitoring` holds it)."""

OF_THE_SERVER = ("memory_allocated", "memory_physical_size", "uptime")

OF_THE_LISTENER = ("downstream_cx_active",)


def stats_config() -> StatsConfig:
    """Return the allow-list of statistics, and the bounds of the calls' durations.

    What is not on it takes neither memory nor work. Per-endpoint counts pass every list: the metrics
    listener filters those.
    """
    patterns = [
        StringMatcher(prefix=f"{PREFIX}."),
        _suffixes(r"cluster\.[^.]+\.", OF_A_CLUSTER),
        _suffixes(r"server\.", OF_THE_SERVER),
        _suffixes(r"http\.grpc\.", OF_THE_LISTENER),
        StringMatcher(safe_regex=RegexMatcher(regex=r"overload\..*\.pressure")),
    ]
    return StatsConfig(
        stats_matcher=StatsMatcher(inclusion_list=ListStringMatcher(patterns=patterns)),
        histogram_bucket_settings=[
            HistogramBucketSettings(match=StringMatcher(prefix=f"{PREFIX}."), buckets=list(BUCKETS_MS))
        ],
    )


def _suffixes(prefix: str, names: tuple[str, ...]) -> StringMatcher:
    alternatives = "|".join(name.replace(".", r"\.") for name in names)
    return StringMatcher(safe_regex=RegexMatcher(regex=f"{prefix}({alternatives})"))
