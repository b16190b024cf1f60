"""Reads from Envoy's counters how many requests it sent to each endpoint. Its log is only a sample."""

import json
import urllib.request
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from envoy_config.model import ADMIN_PORT

Requests = dict[str, Counter[str]]
"""Counts by the name of Envoy's task, then by the endpoint's `address:port`."""


class EndpointRequests:
    """Counts the requests between `begin` and `end`.

    Args:
        envoys: Returns the address of each Envoy, by its task's name.

    """

    def __init__(self, envoys: Callable[[], Mapping[str, str]]) -> None:
        self._envoys = envoys
        self._begin: Requests = {}
        self._end: Requests = {}

    def begin(self) -> None:
        """Begin to count now."""
        self._begin = self._read()

    def end(self) -> None:
        """Stop counting now."""
        self._end = self._read()

    @property
    def begun(self) -> bool:
        """Whether `begin` was called."""
        return bool(self._begin)

    def by_endpoint(self, envoy: str | None = None) -> Counter[str]:
        """Return the counts of the task `envoy`, or the sums over all Envoys."""
        total: Counter[str] = Counter()
        for name, counts in self._end.items():
            if envoy in (None, name):
                total += counts - self._begin.get(name, Counter())
        return total

    def _read(self) -> Requests:
        return {name: _read_admin(address) for name, address in self._envoys().items()}


def _read_admin(address: str) -> Counter[str]:
    with urllib.request.urlopen(f"http://{address}:{ADMIN_PORT}/clusters?format=json", timeout=5) as answer:
        clusters: list[dict[str, Any]] = json.load(answer)["cluster_statuses"]
    return Counter(
        {
            f"{place['address']}:{place['port_value']}": int(statistic.get("value", 0))
            for cluster in clusters
            for host in cluster.get("host_statuses", [])
            for place in [host["address"]["socket_address"]]
            for statistic in host["stats"]
            if statistic["name"] == "rq_total"
        }
    )
