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


OVERPROVISIONING_PERCENT = 100
"""
With Envoy's default of 140 a zone keeps its whole weight until 29 % of its tasks are unhealthy, and the
zone's other tasks get their calls. At 100 the weight falls with each unhealthy task.
"""


class EndpointsFile:
    """The endpoints of one service, on disk.

    Args:
        folder: The folder that holds a folder for each service.
        name: The name of Envoy's cluster.
        health_check_port: The TCP port of each task that Envoy checks; 0 for the one that gets calls.
        publish: Gets the endpoints, too, where Envoy gets them by a stream; the file then keeps them for a
            sidecar that starts again.

    Attributes:
        path: The file.

    """

    def __init__(
        self, folder: Path, name: str, publish: Publish | None = None, *, health_check_port: int = 0
    ) -> None:
        self.path = folder / name / FILE
        self._name = name
        self._publish = publish
        self._health_check_port = health_check_port
        self._written: str | None = None
        self._lock = threading.Lock()

    def read(self) -> tuple[Endpoint, ...] | None:
        """Return the endpoints that an earlier run of the sidecar wrote; None if there is no such file."""
        try:
            (resource,) = json.loads(self.path.read_text(encoding="utf-8"))["resources"]
            return tuple(
                sorted(
                    _endpoint(locality["locality"].get("zone", ""), endpoint)
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
        return self._replace([self._assignment(endpoints, balance)])

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
                self._publish(self._name, self._assignment((), None))

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

    def _assignment(self, endpoints: Sequence[Endpoint], balance: Balance | None) -> dict[str, Any]:
        assignment: dict[str, Any] = {"@type": _TYPE, "cluster_name": self._name}
        localities = [
            self._locality(zone, tuple(group), balance)
            for zone, group in groupby(sorted(endpoints), key=lambda endpoint: endpoint.zone)
        ]
        if localities:
            assignment["endpoints"] = localities
        if balance:
            assignment["policy"] = {"overprovisioning_factor": OVERPROVISIONING_PERCENT}
        return assignment

    def _locality(self, zone: str, endpoints: Sequence[Endpoint], balance: Balance | None) -> dict[str, Any]:
        preferred = balance is not None and zone == balance.preferred
        locality: dict[str, Any] = {
            "locality": {"zone": zone} if zone else {},
            "lb_endpoints": [self._lb_endpoint(endpoint, preferred=preferred) for endpoint in endpoints],
        }
        if balance:
            locality["load_balancing_weight"] = balance.weights[zone]
        return locality

    def _lb_endpoint(self, endpoint: Endpoint, *, preferred: bool) -> dict[str, Any]:
        address = {"socket_address": {"address": endpoint.address, "port_value": endpoint.port}}
        written: dict[str, Any] = {"endpoint": {"address": address}}
        if self._health_check_port:
            written["endpoint"]["health_check_config"] = {"port_value": self._health_check_port}
        # Retries avoid endpoints with this mark (`envoy_config.retry_policy`).
        mark = {"own_zone": True} if preferred else {}
        version = {"version": endpoint.version} if endpoint.version else {}
        if mark or version:
            written["metadata"] = {"filter_metadata": {"envoy.lb": {**mark, **version}}}
        if endpoint.weight != 1:
            written["load_balancing_weight"] = endpoint.weight
        return written


def _endpoint(zone: str, written: Mapping[str, Any]) -> Endpoint:
    address = written["endpoint"]["address"]["socket_address"]
    metadata = written.get("metadata", {}).get("filter_metadata", {}).get("envoy.lb", {})
    return Endpoint(
        zone,
        str(address["address"]),
        int(address["port_value"]),
        str(metadata.get("version", "")),
        int(written.get("load_balancing_weight", 1)),
    )
