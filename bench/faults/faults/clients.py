"""Faults of one client, which may hurt no other."""

from collections.abc import Callable, Iterable

from bench.faults.checker import Allowed
from bench.faults.course import Fault
from bench.faults.world import World

OTHERS = Allowed(
    why="for the others 0, and a p99 of at most 2 x without: no client may hurt another", slower=2.0
)
SHARED = Allowed(
    why="calls sent during the flood and until 5 s later: without the key nothing in Envoy tells who floods, "
    "and calls of all wait in the tasks ([limits](../docs/limits.md#overload-of-the-tasks))",
    meanwhile=True,
)
ENDS = Allowed(
    why="0 that end otherwise than DEADLINE_EXCEEDED: the caller's limit is its own",
    expected="DEADLINE_EXCEEDED",
)

ABUSES = {
    "slow_reader": "a slow reader of 40 downloads",
    "big_answers": "8 MB both ways",
    "cancelled_streams": "cancelled streams",
    "rapid_resets": "rapid resets, 2,000 a second",
    "half_open": "200 half-open connections",
    "garbage": "garbage in the place of HTTP/2",
    "slow_headers": "200 connections whose headers never end",
    "big_headers": "headers of 100 KB",
    "pings": "a flood of PINGs",
    "flood": "a flood of ten times the capacity",
}


def abuse(kind: str, service: str, seconds: float) -> Fault:
    """Let one client misbehave at the proxy, while others call."""
    return Fault(name=ABUSES[kind], raise_it=_abusing(kind, service, seconds, 0.0), allowed=OTHERS, after=3.0)


def flood(service: str, seconds: float, *, rate: float, limit: int | None) -> Fault:
    """Let one client call `rate` times a second; `limit` is the service's `client_calls_per_second`."""
    setting = f"with `client_calls_per_second: {limit}`" if limit else "without `client_calls_per_second`"
    return Fault(
        name=f"{ABUSES['flood']}, {setting}",
        raise_it=_abusing("flood", service, seconds, rate),
        allowed=OTHERS if limit else SHARED,
        after=3.0 if limit else 10.0,
    )


def _abusing(kind: str, service: str, seconds: float, rate: float) -> Callable[[World], Iterable[str]]:
    def raise_it(world: World) -> Iterable[str]:
        abuser = world.abuser(kind, service, rate)
        world.pause(seconds)
        abuser.check()
        abuser.kill()
        abuser.wait(5)
        return []

    return raise_it


def short_deadlines(seconds: float) -> Fault:
    """Open streams of 2 s with a deadline of 1 s; the load has to call so."""

    def raise_it(world: World) -> Iterable[str]:
        world.pause(seconds)
        return []

    return Fault(name="deadlines of 1 s on streams", raise_it=raise_it, allowed=ENDS)
