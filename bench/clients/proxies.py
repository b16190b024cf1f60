"""Proxies that are replaced, killed and frozen while clients call through them."""

import os
import random
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from ecs_envoy.proxy.drain_container import drain_script
from envoy_config import Proxy, Service, Upstream
from envoy_config.bootstrap import bootstrap
from envoy_config.model import ADMIN_PORT
from envoy_config.rendering import to_json
from rehearsal.account.name_server import NameServer, Registry
from rehearsal.agent.local_bootstrap import localize
from rehearsal.processes import Process, Processes

NAME = "grpc.clients.local"
PROTO_SERVICE = "clients.v1.Echo"
METHOD = f"/{PROTO_SERVICE}/Get"
PORT = 50051
TTL = 5
PROPAGATION = 5
"""Seconds until DNS shows a change; shorter than on AWS, like the first step of the drain container."""

_SERVE_ON, _LOOK_UP, _DRAIN = PROPAGATION + TTL, 30, 20


class Proxies:
    """Proxies by name, the DNS server that lists them, and the tasks behind them.

    Args:
        processes: The group that their processes belong to.
        hosts: The hosts file that lists the same addresses.

    """

    def __init__(self, processes: Processes, hosts: Path) -> None:
        self._processes = processes
        self._hosts = hosts
        self._block = f"127.{random.randint(16, 250)}.{random.randint(1, 250)}"
        self._listed: list[str] = []
        self._running: dict[str, Process] = {}
        self._tasks = [f"{self._block}.{number}" for number in (201, 202)]
        self.names = NameServer(f"{self._block}.200", self._lookup)

    def __enter__(self) -> "Proxies":
        for address in self._tasks:
            command = (sys.executable, "-m", "rehearsal.load.grpc_task", address, str(PORT), PROTO_SERVICE)
            task = self._processes.start(f"task-{address}", command)
            task.wait_for_port(address, PORT)
        self.names.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.names.__exit__()

    @property
    def target(self) -> str:
        """What a client dials that can be given a DNS server."""
        return f"dns://{self.names.address}:{self.names.port}/{NAME}:{PORT}"

    def start(self, name: str, *, propagation: float = 0) -> None:
        """Start the proxy `name`; DNS lists it after `propagation`."""
        address = f"{self._block}.{len(self._running) + 1}"
        service = Service(
            name="echo", address="echo.clients.local", upstream=Upstream(grpc_services=[PROTO_SERVICE])
        )
        text = localize(
            to_json(bootstrap(Proxy(name=name), [service])),
            address=address,
            name_server=self.names.address,
            name_server_port=self.names.port,
        )
        envoy = shutil.which("envoy", path=str(Path(sys.executable).parent)) or "envoy"
        command = (envoy, "--config-yaml", text, "--concurrency", "1", "--disable-hot-restart")
        self._running[name] = self._processes.start(name, command)
        self._running[name].wait_for_port(address, PORT)
        self._after(propagation, lambda: self._list([*self._listed, address]))

    def replace(self, name: str) -> None:
        """Stop the proxy `name` as ECS does, and wait until it has ended."""
        self._leave(name)
        drain = self._processes.start(
            f"{name}-drain",
            ("/bin/bash", "-c", drain_script()),
            environment={
                "ADMIN_ADDRESS": self._address(name),
                "ADMIN_PORT": str(ADMIN_PORT),
                "SERVE_ON_SECONDS": str(_SERVE_ON),
                "LOOK_UP_SECONDS": str(_LOOK_UP),
                "DRAIN_SECONDS": str(_DRAIN),
            },
        )
        time.sleep(1)  # until the script listens to the signal
        drain.terminate()
        drain.wait(_SERVE_ON + _LOOK_UP + _DRAIN + 60)
        self._running[name].terminate()

    def kill(self, name: str) -> None:
        """Kill the proxy `name`: its kernel still closes the connections."""
        self._running[name].kill()
        self._leave(name)

    def freeze(self, name: str) -> None:
        """Let the proxy `name` do nothing more, as if its host had vanished."""
        os.killpg(self._running[name].pid, signal.SIGSTOP)
        self._leave(name)

    def _address(self, name: str) -> str:
        return f"{self._block}.{list(self._running).index(name) + 1}"

    def _leave(self, name: str) -> None:
        gone = self._address(name)
        self._after(PROPAGATION, lambda: self._list([address for address in self._listed if address != gone]))

    def _after(self, seconds: float, change: Callable[[], None]) -> None:
        if not seconds:
            change()
            return
        timer = threading.Timer(seconds, change)
        timer.daemon = True
        timer.start()

    def _list(self, addresses: list[str]) -> None:
        self._listed = addresses
        lines = "".join(f"{address} {NAME}\n" for address in addresses)
        new = self._hosts.with_suffix(".new")
        new.write_text(lines)
        new.replace(self._hosts)

    def _lookup(self, name: str) -> Registry | None:
        if name == "echo.clients.local":
            return Registry(self._tasks, TTL)
        return Registry(self._listed, TTL) if name == NAME else None
