"""How a proxy learns of a service's tasks: by DNS, or by Cloud Map's API."""

from datetime import timedelta
from typing import Literal

from envoy_config.model import DNS_RECORDS

Discovery = Literal["dns", "cloud_map"]
"""
`dns`: by the namespace's DNS, which lists 8 tasks at most. `cloud_map`: a sidecar in the proxy's task asks
Cloud Map's API, which lists every task with its zone.
"""


SIDECAR_PORT = 9902
"""The TCP port of the sidecar's `/ready`, `/metrics` and `/load`: the next one after Envoy's admin."""

INTERVAL = timedelta(seconds=1)
"""How often Cloud Map is asked for each service: a new task is found within it."""


def discovery_for(chosen: Discovery | None, *, max_tasks: int | None) -> Discovery:
    """Return `chosen`, or what suits a service of `max_tasks`; None is a number that nobody knows."""
    if chosen is not None:
        return chosen
    return "dns" if max_tasks is not None and max_tasks <= DNS_RECORDS else "cloud_map"


def discovery_problem(chosen: Discovery | None, *, max_tasks: int) -> str | None:
    """Return why `chosen` cannot find `max_tasks`, and what could; None if it can."""
    if chosen == "dns" and max_tasks > DNS_RECORDS:
        return (
            f"{max_tasks} tasks are more than the {DNS_RECORDS} that a DNS answer lists, so some would "
            f"be idle; give {DNS_RECORDS} at most, or discovery: cloud_map"
        )
    return None
