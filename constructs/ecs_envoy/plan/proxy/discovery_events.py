"""Which events of ECS set the pace of discovery, and what asking Cloud Map costs with and without them."""

from dataclasses import dataclass
from datetime import timedelta

EVENTS = True
"""Whether ECS's events set the pace (docs/adr/0010-ecs-events-set-the-pace-of-discovery.md)."""

EVENT_STATUSES = ("PENDING", "ACTIVATING", "RUNNING", "DEACTIVATING", "STOPPING", "STOPPED")
"""
The `lastStatus` of the events that say that a list changes soon, or just did. ECS registers a task in Cloud
Map while it is ACTIVATING and deregisters it while it is DEACTIVATING (Developer Guide, "Amazon ECS task
lifecycle"); one whose host is lost may go to STOPPED at once. A RUNNING task that shall stop, or whose health
changes, has an event, too.
"""

RETENTION = timedelta(seconds=60)
"""How long the queue keeps an event: the least that SQS allows (SetQueueAttributes)."""

SLOW = timedelta(seconds=30)
"""The time between two polls of a service without events (`discovery.schedule.schedule`)."""

POLLS_PER_SECOND = 25
"""The most polls of a sidecar in a second (the same file)."""

WHOLE_LIST = timedelta(seconds=300)
"""The time between two questions for the whole list of a service (`discovery.cloud_map.source`)."""

RECEIVES_PER_HOUR = 3600 / 20
"""How often a sidecar reads the queue: SQS answers after 20 seconds if there is no message."""


@dataclass(frozen=True, kw_only=True)
class CallsPerHour:
    """How often one sidecar calls an API of AWS that is billed, while nothing changes."""

    cloud_map: float
    sqs: float


def calls_per_hour(services: int, interval: timedelta, *, events: bool, sidecars_talk: bool) -> CallsPerHour:
    """Return how often a sidecar calls Cloud Map and SQS. A change of a service adds a minute of polls.

    Args:
        services: The number of services that Cloud Map lists.
        interval: The time between two polls of one, where no event sets the pace.
        events: Whether ECS's events set the pace.
        sidecars_talk: Whether the sidecar also looks for the other tasks of its proxy.

    """
    lists = services + sidecars_talk
    seconds = max(interval, SLOW if events else interval).total_seconds()
    polls = min(lists * 3600 / seconds, 3600 * POLLS_PER_SECOND) + lists * 3600 / WHOLE_LIST.total_seconds()
    return CallsPerHour(cloud_map=polls, sqs=RECEIVES_PER_HOUR if events else 0.0)
