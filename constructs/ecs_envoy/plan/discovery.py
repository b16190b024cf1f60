"""How a proxy finds a service's tasks: by DNS, or by Cloud Map's API."""

from datetime import timedelta
from typing import Literal

from envoy_config.model import DNS_RECORDS

Discovery = Literal["dns", "cloud_map"]
"""
`cloud_map`: a sidecar in the proxy's task polls Cloud Map's API, which lists every task with its zone.
`dns`: by the namespace's DNS, which lists at most 8 tasks, and shows a change up to 70 s late.
"""


SIDECAR_PORT = 9902
"""The TCP port of the sidecar's `/ready`, `/metrics` and `/load`: the next after Envoy's admin interface."""

DNS_TASKS = DNS_RECORDS // 2
"""
The most tasks that DNS can find: a rolling deployment runs as many new ones beside them, and all have to fit
an answer.
"""

INTERVAL = timedelta(seconds=1)
"""The time between two polls of Cloud Map for a service. A new task is found within this time."""


DISCOVERY: Discovery = "cloud_map"
"""
By DNS a proxy may call tasks for a minute that ECS has told to stop, and not know those that took their place
(docs/adr/0006-discovery-by-cloud-map-is-the-default.md).
"""


def discovery_problem(chosen: Discovery | None, *, max_tasks: int) -> str | None:
    """Return why `chosen` cannot find `max_tasks`, and what to give instead; None if it can."""
    if chosen == "dns" and max_tasks > DNS_TASKS:
        return (
            f"{max_tasks} tasks are twice as many in a rolling deployment, and a DNS answer lists "
            f"{DNS_RECORDS}, so some would be idle; give {DNS_TASKS} at most, or discovery: cloud_map"
        )
    return None
