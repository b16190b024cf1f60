"""ECS's rolling order: which tasks to start and which to stop next."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What an ECS service asks for.

    Attributes:
        desired: How many tasks.
        minimum_percent: The share of `desired` that has to stay healthy in a deployment.
        maximum_percent: The share of `desired` that may run in a deployment.

    """

    desired: int
    minimum_percent: int = 100
    maximum_percent: int = 200


@dataclass(frozen=True, kw_only=True)
class Running:
    """A task as the plan sees it.

    Attributes:
        name: Its name.
        current: Whether it runs the service's current task definition.
        healthy: Whether it passed its container health check, if it has one.
        zone: Its availability zone.
        age: Its place in the order of starts; a higher one started later.

    """

    name: str
    current: bool
    healthy: bool
    zone: str
    age: int


@dataclass(frozen=True)
class Plan:
    """How many tasks to start, and the names of those to stop."""

    start: int
    stop: tuple[str, ...]


def plan(wanted: Wanted, tasks: Sequence[Running]) -> Plan:
    """Return the next step from `tasks`, those that stop already left out, to `wanted`.

    New tasks start as far as the maximum allows; old ones stop as far as the minimum stays
    healthy without them ("Amazon ECS deployment by replacing tasks").
    """
    current = [task for task in tasks if task.current]
    old = [task for task in tasks if not task.current]
    most = max(1, wanted.desired * wanted.maximum_percent // 100) if wanted.desired else 0
    start = max(0, min(wanted.desired - len(current), most - len(tasks)))
    stop = [*_excess(current, len(current) - wanted.desired)]
    least = math.ceil(wanted.desired * wanted.minimum_percent / 100)
    spare = sum(task.healthy for task in tasks if task.name not in stop) - least
    for task in sorted(old, key=lambda task: (task.healthy, task.age)):
        if task.healthy:
            if spare <= 0:
                break
            spare -= 1
        stop.append(task.name)
    return Plan(start, tuple(stop))


def _excess(tasks: Sequence[Running], number: int) -> list[str]:
    """Return `number` tasks to scale in: unhealthy ones first, then the newest of the fullest zone."""
    left = list(tasks)
    chosen: list[str] = []
    for _ in range(max(0, number)):
        zones = Counter(task.zone for task in left)
        leaver = max(left, key=lambda task: (not task.healthy, zones[task.zone], task.age))
        left.remove(leaver)
        chosen.append(leaver.name)
    return chosen


def next_zone(zones: Sequence[str], tasks: Sequence[Running]) -> str:
    """Return the one of `zones` with the fewest of `tasks`, as ECS spreads a service."""
    taken = Counter(task.zone for task in tasks)
    return min(zones, key=lambda zone: taken[zone])
