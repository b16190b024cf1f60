"""How a proxy's task stops and how a deployment replaces proxy tasks, so that no client loses a call."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from ecs_envoy.plan.stop.service_stop import DNS_PROPAGATION, DNS_TTL, MAX_STOP_TIMEOUT
from envoy_config.values import duration_text

LOOK_UP = timedelta(seconds=30)
"""
A gRPC client looks a name up again at most every 30 s after a success (grpc/grpc-go#6604: the DNS resolver's
minimum time between resolutions; grpc-core's `grpc.dns_min_time_between_resolutions_ms` has the same default,
and grpc-java keeps an answer for 30 s).
"""

DRAIN = timedelta(seconds=20)
"""
What Fargate's longest stop timeout leaves for open calls after the other steps. A call that began before the
client was told to leave has `LOOK_UP` more.
"""

_SLACK = timedelta(seconds=5)
"""For the script itself, which has to end before ECS kills it."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """A step of a proxy task's stop.

    Attributes:
        at: When it begins, from the moment at which ECS stops the task.
        what: What happens.

    """

    at: timedelta
    what: str


@dataclass(frozen=True, kw_only=True)
class ProxyStop:
    """How a proxy's task stops.

    Attributes:
        dns_ttl: How long resolvers keep the proxy's addresses.
        drain: How long calls that are open at the end may go on.

    """

    dns_ttl: timedelta = DNS_TTL
    drain: timedelta = DRAIN

    @property
    def serve_on(self) -> timedelta:
        """How long a DNS answer may still list the task: clients that look up in this time come to it."""
        return DNS_PROPAGATION + self.dns_ttl

    @property
    def look_up(self) -> timedelta:
        """How long a client that has just got the old answer may keep to it."""
        return LOOK_UP

    @property
    def longest(self) -> timedelta:
        """How long all steps take at most."""
        return self.serve_on + self.look_up + self.drain

    @property
    def stop_timeout(self) -> timedelta:
        """When ECS kills the container that does all this."""
        return self.longest + _SLACK

    def steps(self) -> Iterator[Step]:
        """Yield the steps in their order."""
        propagation, ttl = duration_text(DNS_PROPAGATION), duration_text(self.dns_ttl)
        yield Step(
            at=timedelta(0),
            what="ECS takes an old task out of Cloud Map and stops its container `drain`; Envoy serves on",
        )
        yield Step(
            at=self.serve_on,
            what=f"no DNS answer lists the task any more (Route 53 {propagation}, TTL {ttl}): Envoy tells "
            "its clients to leave, by GOAWAY with each answer",
        )
        yield Step(
            at=self.serve_on + self.look_up,
            what=f"every gRPC client has looked up again (at most every {duration_text(self.look_up)}): "
            "Envoy takes no new connection, and waits for open calls",
        )
        yield Step(
            at=self.longest,
            what=f"calls that are still open are cut (proxy.drain: {duration_text(self.drain)}); Envoy ends",
        )


def drain_problem(stop: ProxyStop) -> str | None:
    """Return why the steps of `stop` do not fit Fargate's longest stop timeout; None if they fit."""
    if stop.stop_timeout <= MAX_STOP_TIMEOUT:
        return None
    before = stop.serve_on + stop.look_up
    most = MAX_STOP_TIMEOUT - _SLACK - before
    return (
        f"{duration_text(stop.drain)} are too long: Fargate ends the task {duration_text(MAX_STOP_TIMEOUT)} "
        f"after SIGTERM, and clients need {duration_text(before)} of them to leave; "
        f"give 1s to {duration_text(most)}"
    )


MIN_HEALTHY_PERCENT = 100
"""New tasks are registered and healthy before old ones leave."""


def max_healthy_percent(tasks: int) -> int:
    """Return how many of `tasks` may run during a deployment, in percent.

    Half of them are replaced at a time, and of two one: a client that is connected to both keeps one. A
    single task needs a second one beside it.
    """
    return 150 if tasks > 1 else 200
