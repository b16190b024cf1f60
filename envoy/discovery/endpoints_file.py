"""The file that Envoy reads for one service: an EDS response, always replaced as a whole."""

import hashlib
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from typing import Any

from discovery.endpoints import Endpoint
from discovery.zones.weights import Balance

FILE = "endpoints.json"
_TYPE = "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment"


Publish = Callable[[str, Mapping[str, Any]], None]
"""Gets the name of a service, and its endpoints as an EDS resource in JSON."""


class EndpointsFile:
    """The endpoints of one service, on disk.

    Args:
        folder: The folder that holds a folder for each service.
        name: The name of Envoy's cluster.
        publish: Gets the endpoints, too, where Envoy gets them by a stream; the file then keeps them for a
            sidecar that starts again.

    Attributes:
        path: The file.

    """

    def __init__(self, folder: Path, name: str, publish: Publish | None = None) -> None:
        self.path = folder / name / FILE
        self._name = name
        self._publish = publish
        self._written: str | None = None
        self._lock = threading.Lock()

    def read(self) -> tuple[Endpoint, ...] | None:
        """Return the endpoints that an earlier run of the sidecar wrote; None if there is no such file."""
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
        """Write `endpoints`, with the zone weights of `balance` if given; return whether the file changed.

        Raises:
            OSError: The file cannot be written; the old one is still there.

        """
        return self._replace([_assignment(self._name, endpoints, balance)])

    def begin(self) -> None:
        """Write a file that says nothing about endpoints, if there is none: Envoy needs a file to start.

        By a stream it gets an empty list, because it would wait 15 s for a service that the stream is silent
        about (API reference: ConfigSource.initial_fetch_timeout).

        Raises:
            OSError: The file cannot be written.

        """
        if not self.path.exists():
            self._replace([])
            if self._publish:
                self._publish(self._name, _assignment(self._name, (), None))

    def _replace(self, resources: list[dict[str, Any]]) -> bool:
        body = json.dumps(resources, separators=(",", ":"))
        with self._lock:
            if body == self._written:
                return False
            version = hashlib.sha256(body.encode()).hexdigest()[:12]
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # The new file is in the folder that Envoy watches, so that the rename is a move within it.
            # No fsync: the volume ends with the task, so the file has to survive only a process crash.
            new_file = self.path.with_name(f".{FILE}.new")
            try:
                new_file.write_text(f'{{"version_info":"{version}","resources":{body}}}\n', encoding="utf-8")
                new_file.replace(self.path)
            except OSError:
                with suppress(OSError):
                    new_file.unlink(missing_ok=True)
                raise
            if self._publish:
                for resource in resources:
                    self._publish(self._name, resource)
            self._written = body
            return True


OVERPROVISIONING_PERCENT = 100
"""
With Envoy's default of 140 a zone keeps its whole weight until 29 % of its tasks are unhealthy, and the
zone's other tasks get their calls. At 100 the weight falls with each unhealthy task.
"""

_OWN_ZONE = {"filter_metadata": {"envoy.lb": {"own_zone": True}}}
"""Marks the endpoints of the proxy's own zone. Retries avoid marked endpoints: see `envoy_config.route`."""


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
    mark = {"metadata": _OWN_ZONE} if balance and zone == balance.preferred else {}
    locality: dict[str, Any] = {
        "locality": {"zone": zone} if zone else {},
        "lb_endpoints": [{"endpoint": {"address": _address(endpoint)}, **mark} for endpoint in endpoints],
    }
    if balance:
        locality["load_balancing_weight"] = balance.weights[zone]
    return locality


def _address(endpoint: Endpoint) -> dict[str, Any]:
    return {"socket_address": {"address": endpoint.address, "port_value": endpoint.port}}
