"""How the proxy learns of a service's tasks, in AWS's words."""

from enum import StrEnum

from envoy_config import Discovery as EnvoyDiscovery
from envoy_config.model import DNS_RECORDS


class Discovery(StrEnum):
    """How the proxy learns of a service's tasks."""

    DNS = "dns"
    """By the namespace's DNS, which lists 8 tasks at most."""
    CLOUD_MAP = "cloud_map"
    """By Cloud Map's API, asked by a sidecar in the proxy's task: every task, and its zone."""

    @property
    def of_envoy(self) -> EnvoyDiscovery:
        """The same in Envoy's words."""
        return EnvoyDiscovery.DNS if self is Discovery.DNS else EnvoyDiscovery.EDS


def discovery_for(wanted: Discovery | None, *, max_tasks: int | None) -> Discovery:
    """Return `wanted`, or what suits a service of `max_tasks`; None is a number that nobody knows."""
    if wanted is not None:
        return wanted
    return Discovery.DNS if max_tasks is not None and max_tasks <= DNS_RECORDS else Discovery.CLOUD_MAP


def discovery_problem(wanted: Discovery | None, *, max_tasks: int) -> str | None:
    """Return why `wanted` cannot find `max_tasks`, and what could; None if it can."""
    if wanted is Discovery.DNS and max_tasks > DNS_RECORDS:
        return (
            f"{max_tasks} tasks are more than the {DNS_RECORDS} that a DNS answer lists, so some would idle; "
            f"give {DNS_RECORDS} at most, or discovery: cloud_map"
        )
    return None
