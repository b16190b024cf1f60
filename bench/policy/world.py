"""An Envoy with a service for each policy, and tasks of each service in processes of their own."""

import json
import os
import random
import sys
import time
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path

from envoy_config import Proxy, Service, TrafficPolicy, Upstream
from envoy_config.bootstrap import bootstrap
from envoy_config.dns import RESOLVER_ENVIRONMENT
from envoy_config.rendering import to_json
from rehearsal.account.name_server import NameServer, Registry
from rehearsal.agent.local_bootstrap import localize
from rehearsal.processes import Processes

ENVOY = Path(sys.prefix) / "bin" / "envoy"


class World:
    """A running Envoy; `services` are the policies by the names of their services.

    Attributes:
        target: The `address:port` of Envoy.

    """

    def __init__(self, folder: Path, services: Mapping[str, TrafficPolicy]) -> None:
        self._block = f"127.{random.randint(16, 250)}.{random.randint(0, 255)}"
        self._processes = Processes(folder)
        self._tasks: dict[str, list[str]] = {name: [] for name in services}
        self._names = NameServer(f"{self._block}.2", self._lookup)
        self._started = 0
        self.target = f"{self._block}.1:50051"
        self._bootstrap = to_json(
            bootstrap(
                Proxy(name="grpc"),
                [
                    Service(
                        name=name,
                        address=f"{name}.test.local",
                        upstream=Upstream(hosts=[f"{name}.test"]),
                        policy=policy,
                        max_tasks=4,
                    )
                    for name, policy in services.items()
                ],
            )
        )

    def _lookup(self, name: str) -> Registry | None:
        found = self._tasks.get(name.removesuffix(".test.local"))
        return Registry(found, 1) if found else None

    def __enter__(self) -> "World":
        self._processes.__enter__()
        self._names.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._names.__exit__(None, None, None)
        self._processes.__exit__(None, None, None)

    def run_tasks(self, service: str, kinds: Sequence[tuple[float, float]]) -> None:
        """Start a task of `service` for each of `kinds`: how many times slower, for how many seconds."""
        addresses = [f"{self._block}.{3 + self._started + number}" for number in range(len(kinds))]
        self._started += len(kinds)
        for address, (slower, seconds) in zip(addresses, kinds, strict=True):
            command = [sys.executable, "-m", "bench.policy.task", address, str(slower), str(seconds)]
            self._processes.start(f"task-{address}", command).wait_for_port(address, 50051)
        # DNS lists them once they listen.
        self._tasks[service].extend(addresses)

    def start_envoy(self) -> None:
        """Start Envoy, and wait until it has every task."""
        address = f"{self._block}.1"
        names = self._names
        text = localize(
            self._bootstrap, address=address, name_server=names.address, name_server_port=names.port
        )
        command = [str(ENVOY), "--config-yaml", text, "--concurrency", "1", "--disable-hot-restart"]
        os.environ.update(RESOLVER_ENVIRONMENT)
        self._processes.start("envoy", command).wait_for_port(address, 50051)
        self.wait_for_tasks()

    def wait_for_tasks(self) -> None:
        """Wait until Envoy takes every task for healthy."""
        while any(self._healthy(name) < len(tasks) for name, tasks in self._tasks.items()):
            time.sleep(0.05)

    def _healthy(self, service: str) -> int:
        url = f"http://{self._block}.1:9901/stats?format=json&filter=^cluster.{service}.membership_healthy$"
        with urllib.request.urlopen(url, timeout=10) as answer:
            return json.load(answer)["stats"][0]["value"]
