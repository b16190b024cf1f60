"""Policy of calls that the proxy refuses, so that the others are answered."""

from datetime import timedelta

from pydantic import Field

from envoy_config.policy.kinds import (
    AtOnce,
    CallRate,
    CallTimeout,
    HeaderName,
    SomePercent,
    SuccessPercent,
    Window,
)
from envoy_config.settings import Settings


class RateLimit(Settings):
    """Calls a second through one task of the proxy; more end with RESOURCE_EXHAUSTED."""

    calls_per_second: CallRate | None = Field(
        default=None, description="calls a second of all clients together; no limit by default"
    )
    client_calls_per_second: CallRate | None = Field(
        default=None, description="calls a second of one IP address; no limit by default"
    )
    header: HeaderName | None = Field(
        default=None, description="the header whose values are counted apart, such as x-tenant"
    )
    header_calls_per_second: CallRate | None = Field(
        default=None, description="calls a second of one value of header; no limit by default"
    )
    burst: CallRate | None = Field(
        default=None, description="calls at once after a pause, for each limit; by default those of a second"
    )

    @property
    def rates(self) -> dict[str, int | None]:
        """The limits by their keys; None for one that is not given."""
        keys = ("calls_per_second", "client_calls_per_second", "header_calls_per_second")
        return {key: getattr(self, key) for key in keys}


class AdmissionControl(Settings):
    """Refuses a growing share of the calls of a service, once too few of them succeed."""

    success_percent: SuccessPercent = Field(
        default=95, description="the share of calls that have to succeed; with fewer, calls are refused"
    )
    window: Window = Field(
        default=timedelta(seconds=30), description="the time over which the share is counted"
    )
    max_refused_percent: SomePercent = Field(
        default=80, description="the share of calls that may be refused, at most"
    )
    min_calls_per_second: AtOnce = Field(
        default=5, description="calls a second below which none is refused, because they say too little"
    )


class AdaptiveConcurrency(Settings):
    """Bounds the open calls of a service by the time they take: more than its tasks can do are refused."""

    interval: CallTimeout = Field(
        default=timedelta(milliseconds=100), description="how often the bound is computed anew"
    )
    max_open_calls: AtOnce = Field(default=1000, description="the highest bound")
    min_open_calls: AtOnce = Field(default=3, description="the lowest bound")
    jitter_percent: SomePercent = Field(
        default=15, description="by how much the time between two measurements of idle tasks varies"
    )
    min_rtt_interval: Window = Field(
        default=timedelta(seconds=60),
        description="time between two measurements of how long calls take without load",
    )
