"""An Envoy with the bootstrap that a file deploys, before stand-in tasks."""

import itertools
import shutil
import sys
import time
import urllib.request
from collections.abc import Callable, Generator, Sequence
from concurrent import futures
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import grpc

from envoy_config.dns import RESOLVER_ENVIRONMENT
from rehearsal.account.name_server import NameServer, Registry
from rehearsal.agent.local_bootstrap import localize
from rehearsal.policies.tasks import Attempt, Begun, Tasks
from rehearsal.processes import PATIENCE_SECONDS, Processes, StartFailedError

DEADLINE_SECONDS = 60.0
AT_ONCE = 16


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a client saw of a call, and what tasks began of it."""

    call: str
    status: str
    seconds: float
    begun: list[Begun]
    message: str = ""
    headers: dict[str, str] = field(default_factory=dict[str, str])


@dataclass(kw_only=True)
class World:
    """What the probes use.

    Attributes:
        tasks: The stand-in tasks.
        places: The addresses of the tasks of each service.
        names: The addresses that DNS lists, by DNS name; a probe may change it.
        bootstraps: The bootstrap that the file deploys, and the one without its policies.
        port: The port that clients dial.

    """

    tasks: Tasks
    processes: Processes
    places: dict[str, list[str]]
    names: dict[str, list[str]]
    bootstraps: tuple[str, str]
    port: int
    next_address: Callable[[], str]
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    @contextmanager
    def envoy(
        self, authority: str, *, with_policy: bool = True, deadline: float = DEADLINE_SECONDS
    ) -> Generator["Client"]:
        """Run a fresh Envoy, and yield a client of it that dials `authority`."""
        address, number = self.next_address(), next(self._numbers)
        with NameServer(self.next_address(), self._lookup) as names:
            deployed, without = self.bootstraps
            local = localize(
                deployed if with_policy else without,
                address=address,
                name_server=names.address,
                name_server_port=names.port,
            )
            command = [_envoy(), "--config-yaml", local, "--concurrency", "1", "--disable-hot-restart"]
            process = self.processes.start(f"envoy-{number}", command, environment=dict(RESOLVER_ENVIRONMENT))
            try:
                end = time.monotonic() + PATIENCE_SECONDS
                while not _ready(address):
                    process.check()
                    if time.monotonic() > end:
                        raise StartFailedError(f"Envoy did not get ready; see {process.err}")
                    time.sleep(0.05)
                options = [("grpc.default_authority", authority), ("grpc.max_send_message_length", -1)]
                options.append(("grpc.use_local_subchannel_pool", 1))
                with grpc.insecure_channel(f"{address}:{self.port}", options=options) as channel:
                    yield Client(self.tasks, channel, f"probe-{number}", deadline)
            finally:
                process.kill()

    def _lookup(self, name: str) -> Registry | None:
        found = self.names.get(name.lower())
        return Registry(list(found), 1) if found is not None else None


def _envoy() -> str:
    found = shutil.which("envoy", path=str(Path(sys.executable).parent))
    if found is None:
        raise StartFailedError(f"there is no envoy next to {sys.executable}; run make setup")
    return found


def _ready(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://{address}:9901/ready", timeout=10) as answer:
            return answer.status == 200
    except OSError:
        return False


class Client:
    """A gRPC client of an Envoy.

    Attributes:
        prefix: What the names of its calls start with.
        longest: The seconds that its longest call took.

    """

    def __init__(self, tasks: Tasks, channel: grpc.Channel, prefix: str, deadline: float) -> None:
        self.prefix = f"{prefix}-"
        self.longest = 0.0
        self._deadline = deadline
        self._tasks, self._channel = tasks, channel
        self._numbers = itertools.count()

    def call(
        self,
        method: str,
        *attempts: Attempt,
        metadata: Sequence[tuple[str, str]] = (),
        size: int = 0,
    ) -> Result:
        """Call `method` with `size` bytes; the tasks do what `attempts` say."""
        name = f"{self.prefix}{next(self._numbers)}-"
        self._tasks.scripts[name] = attempts
        stub: grpc.UnaryUnaryMultiCallable[bytes, bytes] = self._channel.unary_unary(f"/{method}")
        given = (("rehearsal-call", name), *metadata)
        begun = time.monotonic()
        running = stub.future(b"x" * size, timeout=self._deadline, metadata=given)
        status = running.code().name
        seconds = time.monotonic() - begun
        self.longest = max(self.longest, seconds)
        answered = [*(running.initial_metadata() or ()), *(running.trailing_metadata() or ())]
        headers = {str(key): str(value) for key, value in answered}
        message = running.details() or ""
        return Result(
            call=name,
            status=status,
            seconds=seconds,
            begun=self._tasks.begun(name),
            message=message,
            headers=headers,
        )

    def calls(
        self,
        number: int,
        method: str,
        *attempts: Attempt,
        metadata: Sequence[tuple[str, str]] = (),
        at_once: int = AT_ONCE,
    ) -> list[Result]:
        """Call `method` so many times, some at once."""
        with futures.ThreadPoolExecutor(at_once) as pool:
            running = [pool.submit(self.call, method, *attempts, metadata=metadata) for _ in range(number)]
            return [one.result() for one in running]

    def begun(self) -> list[Begun]:
        """Return all attempts that tasks have begun of this client's calls."""
        return self._tasks.begun(self.prefix)
