"""A minute without Cloud Map, and one without DNS, while calls go on."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from bench.discovery.world import SIZED, TURN, ZONES, World

SECONDS = 60.0
RATE = 200.0


@dataclass(frozen=True, kw_only=True)
class Outage:
    """What came of an outage of one source.

    Attributes:
        discovery: The kind of discovery whose source was gone.
        calls: How many calls there were, over the outage and the 10 s after it.
        failed: How many of them failed.
        recovered: Seconds from the end of the outage to the first request of a task registered in it.

    """

    discovery: str
    calls: int
    failed: int
    recovered: float


def measure(world: World, discovery: str, *, begin: Callable[[], None], end: Callable[[], None]) -> Outage:
    """Return what came of an outage between `begin` and `end`."""
    proxy, task = world.proxies[discovery], world.tasks[TURN][-1]
    steady = world.load(proxy, SIZED[8], RATE)
    turning = world.load(proxy, TURN, RATE)
    for load in (steady, turning):
        while len(load.calls()) < 20:
            time.sleep(0.1)
    begin()
    time.sleep(SECONDS / 2)
    world.register(TURN, task, ZONES[0])
    time.sleep(SECONDS / 2)
    end()
    ended = time.monotonic()
    while proxy.requests(TURN).get(task, 0) == 0 and time.monotonic() < ended + 60:
        time.sleep(0.05)
    recovered = time.monotonic() - ended
    world.deregister(TURN, task)
    time.sleep(10)
    calls = [call for load in (steady, turning) for call in load.stop()]
    return Outage(
        discovery=discovery,
        calls=len(calls),
        failed=sum(call.status != "OK" for call in calls),
        recovered=recovered,
    )
