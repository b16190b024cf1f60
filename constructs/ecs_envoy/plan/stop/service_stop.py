"""How long a task that stops must keep serving, so that no call of a proxy to it fails."""

import math
from dataclasses import dataclass
from datetime import timedelta

from ecs_envoy.plan.discovery import INTERVAL, Discovery
from envoy_config.model import DNS_REFRESH_RATE

DNS_TTL = timedelta(seconds=5)
"""How long DNS answers are kept by default; the same time as Envoy's default refresh rate."""

DNS_PROPAGATION = timedelta(seconds=60)
"""
How long Route 53 takes to show a change: "generally within 60 seconds" (Developer Guide, "Editing records").
"""

STOP_TIMEOUT = timedelta(seconds=30)
"""How long ECS waits between SIGTERM and SIGKILL by default."""

MAX_STOP_TIMEOUT = timedelta(seconds=120)
"""The longest stop timeout on Fargate ("Task definition parameters": stopTimeout)."""

MAX_PRE_STOP_WAIT = MAX_STOP_TIMEOUT - timedelta(seconds=5)
"""The pre-stop container has to end before its own stop timeout."""


@dataclass(frozen=True, kw_only=True)
class TaskStop:
    """How the tasks of a service stop.

    Attributes:
        dns_ttl: How long DNS answers are kept.
        stop_timeout: How long the server may take to end after SIGTERM.
        pre_stop_wait: How long a task keeps serving before its server gets SIGTERM; zero if the server
            keeps serving by itself. None for as long as its proxies need.
        has_pre_stop_image: Whether an image for the pre-stop container is given.
        poll_interval: The time between two polls of Cloud Map by the proxies' sidecars, as far as the
            service knows it.

    """

    dns_ttl: timedelta = DNS_TTL
    stop_timeout: timedelta = STOP_TIMEOUT
    pre_stop_wait: timedelta | None = None
    has_pre_stop_image: bool = False
    poll_interval: timedelta = INTERVAL


NO_WAIT = timedelta(0)
"""The pre-stop wait of a server that keeps serving by itself after SIGTERM."""

_JITTER = 0.2
"""The share of an interval by which the sidecar's next poll may be late (`discovery.schedule.ticks`)."""

_SLACK = timedelta(seconds=2)
"""Time for an answer to arrive, and for calls that a proxy has just sent."""


def min_pre_stop_wait(
    discovery: Discovery, dns_ttl: timedelta = DNS_TTL, interval: timedelta = INTERVAL
) -> timedelta:
    """Return the time until every proxy knows that a task stops, in whole seconds.

    Where a proxy polls more often than by default, it is as by default: the construct of a service does not
    know its proxies.

    Args:
        discovery: How the proxies find the service's tasks.
        dns_ttl: The TTL of the service's DNS records.
        interval: The time between two polls of Cloud Map by the sidecar.

    """
    by_dns = DNS_PROPAGATION + dns_ttl + DNS_REFRESH_RATE
    delay = by_dns if discovery == "dns" else max(interval, INTERVAL) * (1 + _JITTER)
    return timedelta(seconds=math.ceil((delay + _SLACK).total_seconds()))


def pre_stop_wait(stop: TaskStop, discovery: Discovery) -> timedelta:
    """Return how long a task keeps serving before its server gets SIGTERM.

    Without a choice it is as long as the proxies need: ECS stops a task when it takes it out of Cloud Map,
    and many servers end at once on SIGTERM. Of 1,112 calls during a roll of such a service, 22 failed
    without a wait, and none with it.
    """
    if stop.pre_stop_wait is not None:
        return stop.pre_stop_wait
    return min_pre_stop_wait(discovery, stop.dns_ttl, stop.poll_interval)


def pre_stop_wait_problem(
    wait: timedelta, discovery: Discovery, dns_ttl: timedelta = DNS_TTL, interval: timedelta = INTERVAL
) -> str | None:
    """Return why a pre-stop `wait` is too short or too long, and what to give; None if it is neither."""
    shortest = min_pre_stop_wait(discovery, dns_ttl, interval)
    if shortest <= wait <= MAX_PRE_STOP_WAIT:
        return None
    if shortest > MAX_PRE_STOP_WAIT:
        return (
            f"no wait is long enough: the proxies know after {_seconds(shortest)} that a task stops, and "
            f"Fargate allows {_seconds(MAX_PRE_STOP_WAIT)}; give {_SOONER[discovery]}"
        )
    too_short, by_dns = wait < shortest, discovery == "dns"
    reason = (
        "ends before the proxies know that the task stops" if too_short else "is longer than Fargate allows"
    )
    by_cloud_map = min_pre_stop_wait("cloud_map", interval=interval)
    other = f", or discovery: cloud_map and {_seconds(by_cloud_map)}" if by_dns else ""
    own = ", or 0s if the server keeps serving by itself" if too_short else ""
    return (
        f"a wait of {_seconds(wait)} {reason}; "
        f"give {_seconds(shortest)} to {_seconds(MAX_PRE_STOP_WAIT)}{other}{own}"
    )


def serving_problem(stop: TaskStop, discovery: Discovery, interval: timedelta = INTERVAL) -> str | None:
    """Return why a task cannot serve until the proxies know of its stop, and what to give; None if it can."""
    shortest = min_pre_stop_wait(discovery, stop.dns_ttl, interval)
    if stop.pre_stop_wait != NO_WAIT or stop.stop_timeout >= shortest:
        return None
    cures = [
        *(["discovery: cloud_map"] if discovery == "dns" else []),
        *([f"pre_stop_wait: {_seconds(shortest)}"] if shortest <= MAX_PRE_STOP_WAIT else []),
        f"stop_timeout: {_seconds(shortest)} or more if the server keeps serving by itself",
    ]
    cure = ", or ".join(cures) if shortest <= MAX_STOP_TIMEOUT else _SOONER[discovery]
    return (
        f"by {_NAMES[discovery]} the proxies call a task until {_seconds(shortest)} after SIGTERM, and ECS "
        f"kills the server after {_seconds(stop.stop_timeout)}; give {cure}"
    )


_NAMES: dict[Discovery, str] = {"dns": "DNS", "cloud_map": "Cloud Map"}

_SOONER: dict[Discovery, str] = {
    "dns": "discovery: cloud_map, or a dns_ttl of 5s",
    "cloud_map": "a shorter interval between polls of Cloud Map",
}


def _seconds(time: timedelta) -> str:
    return f"{time.total_seconds():.0f}s"
