"""The file of one service that Envoy reads: an EDS response, replaced as a whole or not at all."""

import hashlib
import json
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from typing import Any

from discovery.endpoints import Endpoint

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

    def write(self, endpoints: Sequence[Endpoint], weights: Mapping[str, int] | None) -> bool:
        """Write `endpoints`, with the weight of each zone where there are weights; return whether it changed.

        Raises:
            OSError: It cannot be written; what was there is still there.

        """
        return self._replace([_assignment(self._name, endpoints, weights)])

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


def _assignment(
    name: str, endpoints: Sequence[Endpoint], weights: Mapping[str, int] | None
) -> dict[str, Any]:
    localities = [
        {
            "locality": {"zone": zone} if zone else {},
            **({"load_balancing_weight": weights[zone]} if weights else {}),
            "lb_endpoints": [
                {
                    "endpoint": {
                        "address": {
                            "socket_address": {"address": endpoint.address, "port_value": endpoint.port}
                        }
                    }
                }
                for endpoint in group
            ],
        }
        for zone, group in groupby(sorted(endpoints), key=lambda endpoint: endpoint.zone)
    ]
    policy = {"overprovisioning_factor": OVERPROVISIONING_PERCENT}
    return {
        "@type": _TYPE,
        "cluster_name": name,
        **({"endpoints": localities} if localities else {}),
        **({"policy": policy} if weights else {}),
    }


OVERPROVISIONING_PERCENT = 100
"""
Envoy's 140 leaves a zone its whole weight until 29 % of its tasks are unhealthy, and the others there would
do their work. At 100 the weight follows the healthy tasks.
"""
