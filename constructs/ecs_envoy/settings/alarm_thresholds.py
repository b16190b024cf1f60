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
        default=timedelta(seconds=1), description="the duration that 99 % of a service's calls do not exceed"
    )
    # Above this mean, a burst reaches Fargate's CPU quota (bench/proxy_cost.md).
    proxy_cpu_percent: CpuPercent = Field(default=60, description="the proxy's mean CPU, in percent")
    # Envoy's overload manager allows its heap the same share.
    proxy_memory_percent: CpuPercent = Field(default=80, description="the proxy's mean memory, in percent")
    # Early enough to act: from 100 % on, clients are refused.
    proxy_connections_percent: CpuPercent = Field(
        default=80, description="connections of clients to a proxy task, in percent of its limit"
    )
    # Four tasks have a skew of 1.33 behind six pinned connections, and at most 1.03 behind the proxy
    # (measured by `make rehearse`).
    skew: Skew = Field(
        default=1.25, description="the busiest task's CPU divided by the mean of the service's tasks"
    )
    discovery_age: DiscoveryAge = Field(
        default=timedelta(seconds=30), description="the time since Cloud Map last answered"
    )


SKEW_MIN_CPU_PERCENT = 5.0
"""Below this mean CPU a service's tasks are idle, and the skew of idle tasks has no meaning."""

SERVER_ERRORS = ("UNKNOWN", "DEADLINE_EXCEEDED", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS")
"""
The statuses that the server causes ("Semantic conventions for gRPC": the span's status). The caller causes
the others, such as NOT_FOUND.
"""
