"""Policy of which task gets a call."""

from datetime import timedelta
from typing import Literal

from pydantic import Field

from envoy_config.policy.kinds import Aggression, HeaderName, Version, WholePercent, Window
from envoy_config.settings import Settings
from envoy_config.values import Flag


class SlowStart(Settings):
    """A share of calls that grows: for tasks that are slow at first, such as a JVM."""

    window: Window = Field(
        default=timedelta(seconds=60), description="how long a new task gets fewer calls than the others"
    )
    aggression: Aggression = Field(
        default=1.0, description="how the share grows: evenly with 1, faster at first with more"
    )
    min_weight_percent: WholePercent = Field(
        default=10, description="the share of a task's calls that a new task gets at first"
    )


class LoadBalancing(Settings):
    """Which task gets a call."""

    type: Literal["round_robin", "least_request", "random", "ring_hash", "maglev"] = Field(
        default="round_robin",
        description="round_robin, one task after the other; least_request, the task with the fewest open "
        "calls; random; ring_hash or maglev, the same task for the same value of hash_header, and a "
        "random one for a call without it",
    )
    hash_header: HeaderName | None = Field(
        default=None, description="the header whose value decides, for ring_hash and maglev, such as x-user"
    )
    slow_start: SlowStart | None = Field(
        default=None,
        description="how a new task gets more calls step by step, with round_robin and least_request; not by "
        "default",
    )
    # With Envoy's default of 50 %, calls go to dead tasks if half of a service is down. With 0, every call is
    # refused if a check wrongly fails for all tasks at once. With 1 %, Envoy tries all tasks only if none is
    # healthy.
    panic_threshold: WholePercent = Field(
        default=1,
        description="calls go to all tasks, whatever their health, if a smaller share of them is healthy",
    )
    zone_aware: Flag = Field(
        default=True,
        description="whether the proxy prefers tasks of its own zone; it does so only if there are at least "
        "twice as many tasks as zones. Not with ring_hash and maglev",
    )
    version: Version | None = Field(
        default=None,
        description="only tasks whose Cloud Map attribute version has this value get calls; by default all. "
        "ECS writes no such attribute: for an existing service whose instances have one",
    )

    @property
    def hashes(self) -> bool:
        """Whether the value of a header decides which task gets a call."""
        return self.type in {"ring_hash", "maglev"}

    @property
    def weighs_zones(self) -> bool:
        """Whether the proxy prefers its own zone. If each did, a header's task would depend on the proxy."""
        return self.zone_aware and not self.hashes
