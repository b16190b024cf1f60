"""How long a task has to serve on when it stops, so that no proxy calls it in vain."""

import math
from dataclasses import dataclass
from datetime import timedelta

from ecs_envoy.plan.discovery import INTERVAL, Discovery
from envoy_config.model import DNS_REFRESH_RATE

DNS_TTL = timedelta(seconds=5)
"""How long DNS answers are kept by default: Envoy's own rate of refresh."""

STOP_TIMEOUT = timedelta(seconds=30)
"""How long ECS waits between SIGTERM and SIGKILL by default."""

MOST_STOP_TIMEOUT = timedelta(seconds=120)
"""Fargate's longest ("Task definition parameters": stopTimeout)."""

MOST_PRE_STOP_WAIT = MOST_STOP_TIMEOUT - timedelta(seconds=5)
"""The container that waits has to end before its own stop timeout is over."""


@dataclass(frozen=True, kw_only=True)
class TaskStop:
    """How the tasks of a service leave.

    Attributes:
        dns_ttl: How long DNS answers are kept.
        pre_stop_wait: How long a task that is to stop serves on before its server gets SIGTERM; None for not
            at all.
        has_pre_stop_image: Whether an image for that wait is given.

    """

    dns_ttl: timedelta = DNS_TTL
    pre_stop_wait: timedelta | None = None
    has_pre_stop_image: bool = False


_JITTER = 0.2
"""The part of an interval by which the sidecar's next poll may come later (`discovery.pace`)."""

_SLACK = timedelta(seconds=2)
"""For an answer on its way, and for calls that a proxy has just sent."""


def least_pre_stop_wait(
    discovery: Discovery, dns_ttl: timedelta = DNS_TTL, interval: timedelta = INTERVAL
) -> timedelta:
    """Return the time until every proxy has heard that a task has left, in whole seconds.

    Args:
        discovery: How the proxies hear of it.
        dns_ttl: The TTL of the service's DNS records.
        interval: How often the sidecar asks Cloud Map.

    """
    heard = dns_ttl + DNS_REFRESH_RATE if discovery == "dns" else interval * (1 + _JITTER)
    return timedelta(seconds=math.ceil((heard + _SLACK).total_seconds()))


def pre_stop_wait_problem(
    wait: timedelta, discovery: Discovery, dns_ttl: timedelta = DNS_TTL, interval: timedelta = INTERVAL
) -> str | None:
    """Return why a pre-stop `wait` will not do, and what would; None if it will."""
    least = least_pre_stop_wait(discovery, dns_ttl, interval)
    if least <= wait <= MOST_PRE_STOP_WAIT:
        return None
    reason = "ends before the proxies have heard" if wait < least else "is longer than Fargate allows"
    return (
        f"a wait of {wait.total_seconds():.0f}s {reason}; "
        f"give {least.total_seconds():.0f}s to {MOST_PRE_STOP_WAIT.total_seconds():.0f}s"
    )
