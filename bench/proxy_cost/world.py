"""Everything that the benchmark runs: backends, Envoys, and the proxies that they are compared with."""

import json
import os
import random
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import jinja2

from bench.proxy_cost import envoys
from bench.proxy_cost.load import Caller
from bench.proxy_cost.processor import pin
from bench.proxy_cost.series import TASKS
from rehearsal.processes import Process, Processes, StartFailedError

BACKENDS = 4
"""The number of tasks that get calls. The others only serve to count series."""

FIRST_PORT = 9100
PROGRAMS = {
    "h2load": "nghttp2-client",
    "nghttpd": "nghttp2-server",
    "haproxy": "haproxy",
    "nginx": "nginx-light",
}
"""The programs, each with its Debian package."""


class Target:
    """A proxy, or backends without a proxy, that gets calls.

    Attributes:
        name: Its name on the page.
        caller: Makes the calls.
        process: The proxy's process; None without a proxy.

    """

    def __init__(self, name: str, caller: Caller, process: Process | None) -> None:
        self.name = name
        self.caller = caller
        self.process = process


def missing_packages() -> list[str]:
    """Return the Debian packages of the programs that are not installed."""
    path = f"{os.environ['PATH']}:/usr/sbin"
    return [package for program, package in PROGRAMS.items() if shutil.which(program, path=path) is None]


class World:
    """The processes of the benchmark; leaving the context ends them.

    The proxies run on one CPU, the load and the backends on the other, so that they do not share caches.

    Args:
        folder: The folder for logs and settings.

    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._block = f"127.{random.randint(16, 250)}.{random.randint(0, 255)}"
        self._processes = Processes(folder)
        self.tasks = [(f"{self._block}.2", FIRST_PORT + number) for number in range(TASKS)]
        self.backends = self.tasks[:BACKENDS]
        self._cpus = os.sched_getaffinity(0)
        self._proxy_cpu = (os.cpu_count() or 1) - 1

    def __enter__(self) -> "World":
        pin(os.getpid(), {0})
        pages = self._folder / "pages"
        for number in range(envoys.SERVICES * envoys.METHODS):
            page = pages / envoys.method(number).lstrip("/")
            page.parent.mkdir(parents=True, exist_ok=True)
            # A gRPC answer: a frame of five bytes. The status comes in the trailers.
            page.write_bytes(b"\x00\x00\x00\x00\x05hello")
        for address, port in self.tasks:
            command = [
                *(_program("nghttpd"), "--no-tls", "-a", address, "-d", str(pages)),
                *("--trailer", "grpc-status: 0", str(port)),
            ]
            backend = self._processes.start(f"backend-{port}", command)
            backend.wait_for_port(address, port)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._processes.__exit__(kind, error, trace)
        # The process that made this world, and its later children, may use every CPU again.
        pin(os.getpid(), self._cpus)

    def envoy(self, name: str, last: int, values: envoys.Bootstrap) -> Target:
        """Start an Envoy with the bootstrap `values`, which was made for `self.address(last)`."""
        command = [
            *(str(Path(sys.executable).parent / "envoy"), "--config-yaml", json.dumps(values)),
            *("--concurrency", "1", "--disable-hot-restart", "--log-level", "error"),
        ]
        return self._proxy(name, command, self.address(last), envoys.PORT)

    def haproxy(self, name: str, last: int, *, mode: str) -> Target:
        """Start HAProxy, which balances calls if `mode` is `http`, or connections if it is `tcp`."""
        settings = self._settings("haproxy.cfg", mode=mode, address=self.address(last))
        return self._proxy(name, [_program("haproxy"), "-f", str(settings)], self.address(last), envoys.PORT)

    def nginx(self, name: str, last: int) -> Target:
        """Start nginx with `grpc_pass`."""
        settings = self._settings("nginx.conf", address=self.address(last), folder=str(self._folder))
        return self._proxy(name, [_program("nginx"), "-c", str(settings)], self.address(last), envoys.PORT)

    def direct(self, name: str, backends: Sequence[tuple[str, int]]) -> Target:
        """Return a target whose calls go to `backends` without a proxy."""
        return Target(name, self._caller(name, [f"{address}:{port}" for address, port in backends]), None)

    def address(self, last: int) -> str:
        """Return the loopback address of this benchmark that ends with `last`."""
        return f"{self._block}.{last}"

    def _proxy(self, name: str, command: list[str], address: str, port: int) -> Target:
        process = self._processes.start(name.replace(" ", "-"), command)
        process.wait_for_port(address, port)
        pin(process.pid, {self._proxy_cpu})
        return Target(name, self._caller(name, [f"{address}:{port}"]), process)

    def _caller(self, name: str, targets: list[str]) -> Caller:
        folder = self._folder / name.replace(" ", "-")
        folder.mkdir()
        return Caller(folder, targets, envoys.method(0))

    def _settings(self, template: str, **values: object) -> Path:
        environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(Path(__file__).parent),
            autoescape=False,  # noqa: S701  # settings of HAProxy and nginx
            keep_trailing_newline=True,
        )
        text = environment.get_template(f"{template}.jinja").render(
            backends=self.backends, port=envoys.PORT, **values
        )
        path = self._folder / f"{values['address']}-{template}"
        path.write_text(text)
        return path


def _program(name: str) -> str:
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
    if found is None:
        raise StartFailedError(f"{name} is not installed; run apt-get install {PROGRAMS[name]}")
    return found
