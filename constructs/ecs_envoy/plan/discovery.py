"""How a proxy finds a service's tasks: by DNS, or by Cloud Map's API."""

from datetime import timedelta
from typing import Literal

from envoy_config.model import DNS_RECORDS

Discovery = Literal["dns", "cloud_map"]
"""
`dns`: by the namespace's DNS, which lists at most 8 tasks. `cloud_map`: a sidecar in the proxy's task polls
Cloud Map's API, which lists every task with its zone.
"""


SIDECAR_PORT = 9902
"""The TCP port of the sidecar's `/ready`, `/metrics` and `/load`: the next after Envoy's admin interface."""

INTERVAL = timedelta(seconds=1)
"""The time between two polls of Cloud Map for a service. A new task is found within this time."""


def discovery_for(chosen: Discovery | None, *, max_tasks: int | None) -> Discovery:
    """Return `chosen`, or by default what suits a service of `max_tasks`; None if the number is unknown."""
    if chosen is not None:
        return chosen
    return "dns" if max_tasks is not None and max_tasks <= DNS_RECORDS else "cloud_map"


def discovery_problem(chosen: Discovery | None, *, max_tasks: int) -> str | None:
    """Return why `chosen` cannot find `max_tasks`, and what to give instead; None if it can."""
    if chosen == "dns" and max_tasks > DNS_RECORDS:
        return (
            f"{max_tasks} tasks are more than the {DNS_RECORDS} that a DNS answer lists, so some would "
            f"be idle; give {DNS_RECORDS} at most, or discovery: cloud_map"
        )
    return None
