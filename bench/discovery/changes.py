"""Measures how soon a proxy calls a newly registered task, and how long it still calls a deregistered one."""

import random
import time
from dataclasses import dataclass, field

from bench.discovery.world import TURN, ZONES, World

TURNS = {"dns": 5, "cloud_map": 15}
"""How often a task is registered and deregistered. With DNS, one turn takes half a minute."""

SILENCE_SECONDS = {"dns": 12.0, "cloud_map": 4.0}
"""After so many seconds without a call, the last call to a deregistered task counts as its last one."""

CHECK_SECONDS = 0.02


@dataclass(kw_only=True)
class Turns:
    """The times of several turns, in seconds.

    Attributes:
        discovery: The kind of discovery.
        to_first: From RegisterInstance to the first request.
        to_last: From DeregisterInstance to the last request.
        calls: The number of calls during all turns.
        failed: The number of calls that failed.

    """

    discovery: str
    to_first: list[float] = field(default_factory=list[float])
    to_last: list[float] = field(default_factory=list[float])
    calls: int = 0
    failed: int = 0


def measure(world: World, discovery: str) -> Turns:
    """Return the times of a task that is registered and deregistered during 200 calls a second."""
    proxy, task = world.proxies[discovery], world.tasks[TURN][-1]
    turns = Turns(discovery=discovery)
    load = world.load(proxy, TURN, 200.0)
    while len(load.calls()) < 20:
        time.sleep(0.1)

    def requests() -> int:
        return proxy.requests(TURN).get(task, 0)

    for _ in range(TURNS[discovery]):
        # Without a random wait, each turn would begin right after a poll, as the turn before ended.
        time.sleep(random.uniform(0, 2))
        registered_at = time.monotonic()
        world.register(TURN, task, ZONES[0])
        while requests() == 0 and time.monotonic() < registered_at + 60:
            time.sleep(CHECK_SECONDS)
        turns.to_first.append(time.monotonic() - registered_at)
        time.sleep(1)
        deregistered_at = time.monotonic()
        world.deregister(TURN, task)
        last_request_at, count = deregistered_at, requests()
        # The bound ends a turn in which Envoy keeps calling the task.
        while time.monotonic() < min(last_request_at + SILENCE_SECONDS[discovery], deregistered_at + 60):
            if (new_count := requests()) > count:
                last_request_at, count = time.monotonic(), new_count
            elif new_count == 0:
                break  # Envoy has dropped the endpoint
            time.sleep(CHECK_SECONDS)
        turns.to_last.append(last_request_at - deregistered_at)
    calls = load.stop()
    turns.calls, turns.failed = len(calls), sum(call.status != "OK" for call in calls)
    return turns
