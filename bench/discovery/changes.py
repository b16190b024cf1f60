"""How soon a proxy calls a task that was registered, and how long one that was deregistered."""

import random
import time
from dataclasses import dataclass, field

from bench.discovery.world import TURN, ZONES, World

TURNS = {"dns": 5, "cloud_map": 15}
"""How often a task comes and goes: once by DNS takes half a minute."""

SILENCE_SECONDS = {"dns": 12.0, "cloud_map": 4.0}
"""How long no call has to come to a task that was deregistered until its last is the last."""

LOOK_SECONDS = 0.02


@dataclass(kw_only=True)
class Turns:
    """The times of several turns, in seconds.

    Attributes:
        discovery: The kind of discovery.
        to_first: From RegisterInstance to the first request.
        to_last: From DeregisterInstance to the last request.
        calls: How many calls there were meanwhile.
        failed: How many of them failed; the server stops as soon as no call comes any more.

    """

    discovery: str
    to_first: list[float] = field(default_factory=list[float])
    to_last: list[float] = field(default_factory=list[float])
    calls: int = 0
    failed: int = 0


def measure(world: World, discovery: str) -> Turns:
    """Return the times of a task that comes and goes under 200 calls a second."""
    proxy, task = world.proxies[discovery], world.tasks[TURN][-1]
    turns = Turns(discovery=discovery)
    load = world.load(proxy, TURN, 200.0)
    while len(load.calls()) < 20:
        time.sleep(0.1)

    def requests() -> int:
        return proxy.requests(TURN).get(task, 0)

    for _ in range(TURNS[discovery]):
        # Else each turn would begin where the last ended: right after a poll.
        time.sleep(random.uniform(0, 2))
        begun = time.monotonic()
        world.register(TURN, task, ZONES[0])
        while requests() == 0 and time.monotonic() < begun + 60:
            time.sleep(LOOK_SECONDS)
        turns.to_first.append(time.monotonic() - begun)
        time.sleep(1)
        gone = time.monotonic()
        world.deregister(TURN, task)
        last, seen = gone, requests()
        while time.monotonic() < last + SILENCE_SECONDS[discovery]:
            if (now := requests()) > seen:
                last, seen = time.monotonic(), now
            elif now == 0:
                break  # Envoy has no such endpoint any more
            time.sleep(LOOK_SECONDS)
        turns.to_last.append(last - gone)
    calls = load.stop()
    turns.calls, turns.failed = len(calls), sum(call.status != "OK" for call in calls)
    return turns
