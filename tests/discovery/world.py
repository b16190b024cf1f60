"""The real sidecar as a process, and what it talks to."""

import json
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from rehearsal.processes import Process, Processes
from tests.conftest import random_block
from tests.waiting import FOREVER

ZONES = ("eu-west-1a", "eu-west-1b")


class Sidecar:
    """Starts `python -m discovery`, as its image does.

    Attributes:
        address: The IP address of its HTTP server.
        folder: The folder that it writes endpoint files to.
    """

    def __init__(self, processes: Processes, folder: Path, environment: dict[str, str]) -> None:
        self._processes = processes
        self._environment = environment
        self._starts = 0
        self.folder = folder / "endpoints"
        self.address = f"{random_block()}.1"

    def start(
        self,
        services: list[str],
        *,
        zone_aware: bool = False,
        cloud_map_health: bool = False,
        **settings: Any,  # noqa: ANN401
    ) -> Process:
        """Start it; times are short unless `settings` say otherwise."""
        values = {
            "namespace": "ns-0123456789abcdef",
            "proxy": "grpc",
            "services": [
                {
                    "name": name,
                    "cloud_map_service": name,
                    "port": 50051,
                    "zone_aware": zone_aware,
                    "cloud_map_health": cloud_map_health,
                }
                for name in services
            ],
            "folder": str(self.folder),
            "address": self.address,
            "interval": 0.2,
            "empty_grace": 1.0,
            **settings,
        }
        self._starts += 1
        return self._processes.start(
            f"discovery-{self._starts}-{self.address}",
            [sys.executable, "-m", "discovery", json.dumps(values)],
            environment=self._environment,
        )

    def get(self, path: str) -> tuple[int, str]:
        """Return the status and body of a request; the status is 0 if nothing listens."""
        try:
            with urllib.request.urlopen(f"http://{self.address}:9902{path}", timeout=FOREVER) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def ready(self) -> bool:
        return self.get("/ready")[0] == 200

    def file(self, service: str) -> dict[str, Any]:
        """Return the content of the file that Envoy would read; empty if there is no file."""
        path = self.folder / service / "endpoints.json"
        return json.loads(path.read_text()) if path.exists() else {}

    def endpoints(self, service: str) -> dict[str, str] | None:
        """Return the zone of each address in the file; None if the file has no list of endpoints."""
        resources = self.file(service).get("resources")
        if not resources:
            return None
        return {
            endpoint["endpoint"]["address"]["socket_address"]["address"]: locality["locality"].get("zone", "")
            for locality in resources[0].get("endpoints", [])
            for endpoint in locality["lb_endpoints"]
        }
