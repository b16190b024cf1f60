"""How often a proxy checks the tasks of each service, so that checks take a bounded part of its CPU."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from math import inf

from envoy_config.model import Proxy, Service

CHECKS_PER_SECOND = 200
"""
The health checks a second by a proxy, at most, for each 0.25 vCPU. One takes 0.11 to 0.14 ms of CPU (AMD
EPYC: 4.5 % of a CPU for 400 a second of one service, 2.8 % for 200 a second of 200 services, bench/size.md),
so they take 11 % of the proxy's CPU.
"""

UNKNOWN_TASKS = 10
"""The tasks of a service that are counted if nobody knows how many it may have."""

INTERVALS = tuple(timedelta(seconds=seconds) for seconds in (1, 2, 5, 10, 20, 30, 60))
"""The possible intervals: few, so that one more service changes the intervals of few others."""


def check_intervals(proxy: Proxy, services: Sequence[Service]) -> dict[str, timedelta]:
    """Return the time between two checks of a task, for each of `services` by its name.

    An interval that a policy gives is kept. The other services share what these checks leave, evenly: one
    with few tasks, whose every task matters, is checked each second as long as its share lasts. What it does
    not need goes to the larger ones.
    """
    checked = [service for service in services if service.policy.health_check.type != "none"]
    given = {s.name: interval for s in checked if (interval := s.policy.health_check.interval)}
    tasks = {service.name: _tasks(service) for service in checked if service.name not in given}
    left, share = max(0.0, most_checks_per_second(proxy) - _load(checked, given)), 0.0
    for number, count in enumerate(sorted(tasks.values())):
        share = left / (len(tasks) - number)
        if count > share:
            break
        left -= count
    return given | {name: _interval(count / share if share else inf) for name, count in tasks.items()}


def checks_per_second(proxy: Proxy, services: Sequence[Service]) -> float:
    """Return how many checks a second `proxy` makes while each of `services` has its most tasks."""
    return _load(services, check_intervals(proxy, services))


def most_checks_per_second(proxy: Proxy) -> float:
    """Return how many checks a second `proxy` makes at most, unless policies ask for more."""
    return CHECKS_PER_SECOND * proxy.cpu / 256


def _load(services: Sequence[Service], intervals: Mapping[str, timedelta]) -> float:
    by_name = {service.name: service for service in services}
    return sum(_tasks(by_name[name]) / interval.total_seconds() for name, interval in intervals.items())


def _tasks(service: Service) -> int:
    return UNKNOWN_TASKS if service.max_tasks is None else max(1, service.max_tasks)


def _interval(seconds: float) -> timedelta:
    """Return the shortest interval that is not shorter than `seconds`, or else the longest."""
    return next((step for step in INTERVALS if step.total_seconds() >= seconds), INTERVALS[-1])
