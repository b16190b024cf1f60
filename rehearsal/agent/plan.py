"""ECS's rolling deployment: which tasks to start and which to stop next."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Desired:
    """What an ECS service asks for.

    Attributes:
        tasks: The desired count.
        minimum_percent: The percentage of `tasks` that has to stay healthy during a deployment.
        maximum_percent: The percentage of `tasks` that may run during a deployment.

    """

    tasks: int
    minimum_percent: int = 100
    maximum_percent: int = 200


@dataclass(frozen=True, kw_only=True)
class Running:
    """What the plan needs to know about a task.

    Attributes:
        name: Its name.
        current: Whether it runs the service's current task definition.
        healthy: Whether it passed its container health check, if it has one.
        zone: Its availability zone.
        age: The number of its start; a task with a higher number started later.

    """

    name: str
    current: bool
    healthy: bool
    zone: str
    age: int


@dataclass(frozen=True)
class Plan:
    """How many tasks to start, and the names of the tasks to stop."""

    start: int
    stop: tuple[str, ...]


def plan(desired: Desired, tasks: Sequence[Running]) -> Plan:
    """Return the next step that brings `tasks` closer to `desired`.

    New tasks start as long as the maximum allows it. Old tasks stop as long as the minimum stays
    healthy without them ("Amazon ECS deployment by replacing tasks").

    Args:
        desired: What the service asks for.
        tasks: The tasks that run and are not stopping yet.

    """
    current = [task for task in tasks if task.current]
    old = [task for task in tasks if not task.current]
    maximum = max(1, desired.tasks * desired.maximum_percent // 100) if desired.tasks else 0
    start = max(0, min(desired.tasks - len(current), maximum - len(tasks)))
    stop = [*_excess(current, len(current) - desired.tasks)]
    minimum = math.ceil(desired.tasks * desired.minimum_percent / 100)
    spare = sum(task.healthy for task in tasks if task.name not in stop) - minimum
    for task in sorted(old, key=lambda task: (task.healthy, task.age)):
        if task.healthy:
            if spare <= 0:
                break
            spare -= 1
        stop.append(task.name)
    return Plan(start, tuple(stop))


def _excess(tasks: Sequence[Running], number: int) -> list[str]:
    """Return `number` tasks to scale in: first unhealthy ones, then the newest in the fullest zone."""
    remaining = list(tasks)
    names: list[str] = []
    for _ in range(max(0, number)):
        zones = Counter(task.zone for task in remaining)
        task = max(remaining, key=lambda task: (not task.healthy, zones[task.zone], task.age))
        remaining.remove(task)
        names.append(task.name)
    return names


def next_zone(zones: Sequence[str], tasks: Sequence[Running]) -> str:
    """Return the zone that has the fewest of `tasks`, because ECS spreads a service over its zones."""
    counts = Counter(task.zone for task in tasks)
    return min(zones, key=lambda zone: counts[zone])
