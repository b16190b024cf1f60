"""The deployed system on loopback: tasks, name server, Envoy, and an L4 proxy for comparison."""

import random
import shutil
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from ecs_envoy.default_image import ENVOY_VERSION
from rehearsal.local_bootstrap import Route, localize, routes
from rehearsal.name_server import NameServer, Registry
from rehearsal.processes import Processes, StartFailedError
from rehearsal.templates import EcsService

EXISTING_TASKS = 3
"""Tasks for a service that is only routed to: no template says how many it has."""


@dataclass(frozen=True)
class Upstream:
    """A routed service with its tasks (`address:port`) and its L4 proxy."""

    route: Route
    tasks: tuple[str, ...]
    l4_target: str


class System:
    """Runs what `services` say; leaving the context ends it all.

    Args:
        services: The ECS services of the templates, the proxy's among them.
        logs: The folder for logs.

    Attributes:
        upstreams: The services behind the proxy.
        target: The `address:port` of Envoy.

    """

    def __init__(self, services: list[EcsService], logs: Path) -> None:
        self._proxy = next(service for service in services if "--config-yaml" in service.command)
        self._services = {service.name: service for service in services if service is not self._proxy}
        self._bootstrap = self._proxy.command[self._proxy.command.index("--config-yaml") + 1]
        # A block of its own, so that two rehearsals on one machine do not meet.
        self._block = f"127.{random.randint(16, 250)}.{random.randint(0, 255)}"
        self._hosts = iter(range(1, 255))
        self._processes = Processes(logs)
        self._stack = ExitStack()
        self._proxy_address = self._next_address()
        self.target = f"{self._proxy_address}:{self._proxy.port}"
        self.upstreams = [self._upstream(route) for route in routes(self._bootstrap)]

    def _next_address(self) -> str:
        return f"{self._block}.{next(self._hosts)}"

    def _upstream(self, route: Route) -> Upstream:
        service = self._services.get(route.dns_name.partition(".")[0])
        count = service.tasks if service else EXISTING_TASKS
        tasks = tuple(f"{self._next_address()}:{route.port}" for _ in range(count))
        return Upstream(route, tasks, f"{self._next_address()}:{route.port}")

    def __enter__(self) -> "System":
        self._stack.enter_context(self._processes)
        try:
            self._start()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def _start(self) -> None:
        names: dict[str, tuple[str, int]] = {}
        registries: dict[str, Registry] = {}
        for upstream in self.upstreams:
            route = upstream.route
            service = self._services.get(route.dns_name.partition(".")[0])
            addresses = [task.rpartition(":")[0] for task in upstream.tasks]
            registries[route.dns_name] = Registry(addresses, service.ttl if service else 5)
            for number, address in enumerate(addresses, 1):
                name = f"{route.cluster}-{number}"
                names[name] = (address, route.port)
                self._python(name, "rehearsal.grpc_task", address, str(route.port), *route.grpc_services)
            l4_name, l4_host = f"{route.cluster}-l4", upstream.l4_target.rpartition(":")[0]
            names[l4_name] = (l4_host, route.port)
            self._python(l4_name, "rehearsal.l4_proxy", l4_host, str(route.port), *upstream.tasks)
        for name, (address, port) in names.items():
            self._processes.wait_for_port(name, address, port)
        name_server = self._stack.enter_context(NameServer(self._next_address(), registries))
        self._start_envoy(name_server)

    def _python(self, name: str, module: str, *arguments: str) -> None:
        self._processes.start(name, [sys.executable, "-m", module, *arguments])

    def _start_envoy(self, name_server: NameServer) -> None:
        binary = shutil.which("envoy", path=f"{Path(sys.executable).parent}")
        if binary is None:
            raise StartFailedError(f"no envoy beside {sys.executable}; run make setup")
        self._processes.start("envoy", [binary, *self.envoy_arguments(name_server)])
        self._processes.wait_for_port("envoy", self._proxy_address, self._proxy.port)
        self._wait_until_ready()

    def envoy_arguments(self, name_server: NameServer) -> list[str]:
        """Return the task definition's command for Envoy, its bootstrap moved to loopback."""
        moved = localize(
            self._bootstrap,
            address=self._proxy_address,
            name_server=name_server.address,
            name_server_port=name_server.port,
        )
        return [moved if argument == self._bootstrap else argument for argument in self._proxy.command]

    def _wait_until_ready(self) -> None:
        """Run the task definition's health check until it passes, as ECS would."""
        kind, *command = self._proxy.health_check
        if kind != "CMD":
            raise StartFailedError(f"the proxy's health check is of the kind {kind}; CMD is what runs here")
        local = [part.replace("/127.0.0.1/", f"/{self._proxy_address}/") for part in command]
        end = time.monotonic() + 15
        while subprocess.run(local, capture_output=True, check=False).returncode:
            self._processes.check("envoy")
            if time.monotonic() > end:
                raise StartFailedError(f"envoy {ENVOY_VERSION} is not ready after 15 s")
            time.sleep(0.1)
