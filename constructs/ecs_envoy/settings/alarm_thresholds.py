"""When the alarms go off."""

from datetime import timedelta

from pydantic import Field

from ecs_envoy.settings.values import CpuPercent, DiscoveryAge, ErrorPercent, Skew
from envoy_config.settings import Settings
from envoy_config.values import CallTime


class AlarmThresholds(Settings):
    """When alarms go off."""

    error_percent: ErrorPercent = Field(
        default=1.0,
        description="calls of a service in a minute that fail because of the server or the proxy, in percent",
    )
    p99: CallTime = Field(
        default=timedelta(seconds=1), description="the time that 99 % of a service's calls stay within"
    )
    # Above this mean, a burst meets Fargate's quota (bench/proxy_cost.md).
    proxy_cpu_percent: CpuPercent = Field(default=60, description="the proxy's mean CPU, in percent")
    # Envoy's overload manager allows its heap as much.
    proxy_memory_percent: CpuPercent = Field(default=80, description="the proxy's mean memory, in percent")
    # Four tasks behind six pinned connections come to 1.33, behind the proxy to 1.03 at most (make rehearse).
    skew: Skew = Field(
        default=1.25, description="the busiest task's CPU divided by the mean of the service's tasks"
    )
    discovery_age: DiscoveryAge = Field(
        default=timedelta(seconds=30), description="the time since Cloud Map last answered"
    )


SKEW_LEAST_CPU_PERCENT = 5.0
"""Below this mean a service's tasks are idle, and the ratio of two idle tasks says nothing."""

SERVER_ERRORS = ("UNKNOWN", "DEADLINE_EXCEEDED", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS")
"""
The statuses that the server causes ("Semantic conventions for gRPC": the span's status). The others, such
as NOT_FOUND, are answers to what a caller asked.
"""
