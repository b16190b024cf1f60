"""The file of one service that Envoy reads: an EDS response, replaced as a whole or not at all."""

import hashlib
import json
import threading
from collections.abc import Sequence
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from typing import Any

from discovery.endpoints import Endpoint
from discovery.zones import Balance

FILE = "endpoints.json"
_TYPE = "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment"


class EndpointsFile:
    """The endpoints of one service, on disk.

    Args:
        folder: The folder of all services' files.
        name: Envoy's cluster.

    Attributes:
        path: The file.

    """

    def __init__(self, folder: Path, name: str) -> None:
        self.path = folder / name / FILE
        self._name = name
        self._written: str | None = None
        self._lock = threading.Lock()

    def read(self) -> tuple[Endpoint, ...] | None:
        """Return the endpoints that an earlier run of the sidecar left; None where there are none."""
        try:
            (resource,) = json.loads(self.path.read_text(encoding="utf-8"))["resources"]
            return tuple(
                sorted(
                    Endpoint(
                        locality["locality"].get("zone", ""),
                        str(endpoint["endpoint"]["address"]["socket_address"]["address"]),
                        int(endpoint["endpoint"]["address"]["socket_address"]["port_value"]),
                    )
                    for locality in resource.get("endpoints", [])
                    for endpoint in locality["lb_endpoints"]
                )
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def write(self, endpoints: Sequence[Endpoint], balance: Balance | None) -> bool:
        """Write `endpoints`, their zones weighed by `balance` if there is one; return whether it changed.

        Raises:
            OSError: It cannot be written; what was there is still there.

        """
        return self._replace([_assignment(self._name, endpoints, balance)])

    def begin(self) -> None:
        """Make a file without a word about endpoints, if there is none: Envoy starts with no other.

        Raises:
            OSError: It cannot be written.

        """
        if not self.path.exists():
            self._replace([])

    def _replace(self, resources: list[dict[str, Any]]) -> bool:
        body = json.dumps(resources, separators=(",", ":"))
        with self._lock:
            if body == self._written:
                return False
            version = hashlib.sha256(body.encode()).hexdigest()[:12]
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # In Envoy's watched folder, so that the rename is a move within it. No fsync: the volume lives
            # and dies with the task, so a crash of this process is all that the file has to survive.
            beside = self.path.with_name(f".{FILE}.new")
            try:
                beside.write_text(f'{{"version_info":"{version}","resources":{body}}}\n', encoding="utf-8")
                beside.replace(self.path)
            except OSError:
                with suppress(OSError):
                    beside.unlink(missing_ok=True)
                raise
            self._written = body
            return True


OVERPROVISIONING_PERCENT = 100
"""
Envoy's 140 leaves a zone its whole weight until 29 % of its tasks are unhealthy, and the others there would
do their work. At 100 the weight follows the healthy tasks.
"""

_OWN_ZONE = {"filter_metadata": {"envoy.lb": {"own_zone": True}}}
"""What a retry knows endpoints by that it had better pass by: `envoy_config.route`."""


def _assignment(name: str, endpoints: Sequence[Endpoint], balance: Balance | None) -> dict[str, Any]:
    assignment: dict[str, Any] = {"@type": _TYPE, "cluster_name": name}
    localities = [
        _locality(zone, tuple(group), balance)
        for zone, group in groupby(sorted(endpoints), key=lambda endpoint: endpoint.zone)
    ]
    if localities:
        assignment["endpoints"] = localities
    if balance:
        assignment["policy"] = {"overprovisioning_factor": OVERPROVISIONING_PERCENT}
    return assignment


def _locality(zone: str, endpoints: Sequence[Endpoint], balance: Balance | None) -> dict[str, Any]:
    known = {"metadata": _OWN_ZONE} if balance and zone == balance.preferred else {}
    locality: dict[str, Any] = {
        "locality": {"zone": zone} if zone else {},
        "lb_endpoints": [{"endpoint": {"address": _address(endpoint)}, **known} for endpoint in endpoints],
    }
    if balance:
        locality["load_balancing_weight"] = balance.weights[zone]
    return locality


def _address(endpoint: Endpoint) -> dict[str, Any]:
    return {"socket_address": {"address": endpoint.address, "port_value": endpoint.port}}
