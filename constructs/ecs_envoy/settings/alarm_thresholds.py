"""When the alarms go off."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, kw_only=True)
class AlarmThresholds:
    """Thresholds of the alarms, by meaning.

    Args:
        error_percent: Calls that failed by the servers' or the proxy's doing, of all of a service's
            in a minute, in percent; 1 by default.
        p99: The time that 99 % of a service's calls stay within; 1 second by default.
        proxy_cpu_percent: The proxy's mean CPU; 60 by default: beyond it a burst meets Fargate's
            quota (`bench/proxy_cost.md`).
        proxy_memory_percent: The proxy's mean memory; 80 by default, what Envoy's heap may have.
        skew: The busiest task's CPU over the mean of its service's; 1.25 by default: four tasks
            behind six pinned connections come to 1.33, and behind the proxy to 1.03 at most
            (`make rehearse`).
        discovery_age: The time since Cloud Map last answered; 30 seconds by default.

    """

    error_percent: float = 1.0
    p99: timedelta = timedelta(seconds=1)
    proxy_cpu_percent: float = 60.0
    proxy_memory_percent: float = 80.0
    skew: float = 1.25
    discovery_age: timedelta = timedelta(seconds=30)


SKEW_LEAST_CPU_PERCENT = 5.0
"""Below this mean a service's tasks idle, and the ratio of two idle tasks says nothing."""

SERVER_ERRORS = ("UNKNOWN", "DEADLINE_EXCEEDED", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS")
"""
The statuses that are the server's doing ("Semantic conventions for gRPC": the span's status). The others,
such as NOT_FOUND, are answers to what a caller asked.
"""
