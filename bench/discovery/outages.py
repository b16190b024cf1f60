"""Measures what happens to calls during a minute without Cloud Map, and during a minute without DNS."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from bench.discovery.world import SIZED, TURN, ZONES, World

SECONDS = 60.0
RATE = 200.0


@dataclass(frozen=True, kw_only=True)
class Outage:
    """The results of one outage.

    Attributes:
        discovery: The kind of discovery whose source (Cloud Map or DNS) was down.
        calls: The number of calls during the outage and the 10 s after it.
        failed: The number of these calls that failed.
        recovered: Seconds from the end of the outage to the first request of a task that was registered
            during it.

    """

    discovery: str
    calls: int
    failed: int
    recovered: float


def measure(world: World, discovery: str, *, begin: Callable[[], None], end: Callable[[], None]) -> Outage:
    """Cause an outage by `begin`, end it by `end`, and return the results."""
    proxy, task = world.proxies[discovery], world.tasks[TURN][-1]
    steady = world.load(proxy, SIZED[8], RATE)
    changing = world.load(proxy, TURN, RATE)
    for load in (steady, changing):
        while len(load.calls()) < 20:
            time.sleep(0.1)
    begin()
    time.sleep(SECONDS / 2)
    world.register(TURN, task, ZONES[0])
    time.sleep(SECONDS / 2)
    end()
    ended_at = time.monotonic()
    while proxy.requests(TURN).get(task, 0) == 0 and time.monotonic() < ended_at + 60:
        time.sleep(0.05)
    recovered = time.monotonic() - ended_at
    world.deregister(TURN, task)
    time.sleep(10)
    calls = [call for load in (steady, changing) for call in load.stop()]
    return Outage(
        discovery=discovery,
        calls=len(calls),
        failed=sum(call.status != "OK" for call in calls),
        recovered=recovered,
    )
