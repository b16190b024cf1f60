"""Calls through the real Envoy while its tasks are killed at random; every task notes what it begins.

`python -c "from tests.envoy_config.live_envoy.policy.killed import main; main(10_000)"` prints what 10,000
calls of a method that is not idempotent saw, and how often they were begun. (With `-m`, each new task would
import all of this once more.)
"""

import multiprocessing
import os
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Generator, Sequence
from concurrent import futures
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import grpc

from tests.conftest import random_block
from tests.envoy_config.live_envoy.rig import channel_to, envoy
from tests.waiting import FOREVER, until

PROTO = "learning.v1.Lessons"
ADD, GET, SEARCH = "Add", "Get", "Search"
"""A method that is not idempotent, one that is repeated, and one that is hedged."""

POLICY: dict[str, Any] = {
    "retries": {"on": ["unavailable", "aborted"], "per_try_timeout": "10s"},
    "methods": {
        f"{PROTO}/{GET}": {"idempotent": True},
        f"{PROTO}/{SEARCH}": {
            "idempotent": True,
            "retries": {"per_try_timeout": None},
            "hedging": {"after": "10ms"},
        },
    },
}
LARGE = 1_000_000
"""Bytes of every 25th request: a task is also killed while it reads one."""

_FORKS = multiprocessing.get_context("forkserver")  # a task is there again in some milliseconds
_FORKS.set_forkserver_preload([__name__])


@dataclass(kw_only=True)
class History:
    """What happened.

    Attributes:
        begun: How often tasks have begun each call, by its id, which begins with its method.
        statuses: How many calls of each method ended with which status.
        kills: How many tasks were killed.

    """

    begun: Counter[str]
    statuses: Counter[tuple[str, str]]
    kills: int

    def more_than_once(self, method: str) -> list[str]:
        """Return the calls of `method` that were begun more than once."""
        return [call for call, number in self.begun.items() if number > 1 and call.startswith(method)]


class _Noting(grpc.GenericRpcHandler):
    """Notes each call when its headers arrive, before its request has."""

    def __init__(self, journal: Path, seed: int) -> None:
        # Without a buffer, so that a task that is killed loses nothing.
        self._file = os.open(journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self._random = random.Random(seed)

    def service(
        self, handler_call_details: grpc.HandlerCallDetails
    ) -> "grpc.RpcMethodHandler[bytes, bytes] | None":
        metadata = dict(handler_call_details.invocation_metadata or ())
        if "x-call" not in metadata:
            return None
        os.write(self._file, f"{metadata['x-call']}\n".encode())
        return grpc.unary_unary_rpc_method_handler(self._answer)

    def _answer(self, _request: bytes, context: grpc.ServicerContext) -> bytes:
        time.sleep(self._random.uniform(0, 0.02))
        if self._random.random() < 0.02:
            context.abort(grpc.StatusCode.UNAVAILABLE, "sick")
        return b""


def serve(address: str, journal: Path, seed: int) -> None:
    """Run a task until it is killed."""
    server = grpc.server(futures.ThreadPoolExecutor(16))
    server.add_generic_rpc_handlers((_Noting(journal, seed),))
    server.add_insecure_port(f"{address}:50051")
    server.start()
    server.wait_for_termination()


class Tasks:
    """Tasks that are killed, one at a time, and started again."""

    def __init__(self, addresses: Sequence[str], folder: Path, seed: int) -> None:
        self._folder = folder
        self._random = random.Random(seed)
        self._tasks = {address: self._start(address) for address in addresses}
        self._done = threading.Event()
        self.kills = 0

    def _start(self, address: str) -> ForkServerProcess:
        seed = self._random.randrange(2**32)
        process = _FORKS.Process(target=serve, args=(address, self._folder / f"{address}.begun", seed))
        process.start()
        return process

    def _kill(self) -> None:
        while not self._done.wait(self._random.uniform(0.02, 0.2)):
            address = self._random.choice(sorted(self._tasks))
            self._tasks[address].kill()
            self._tasks[address].join()
            self.kills += 1
            self._tasks[address] = self._start(address)

    @contextmanager
    def killed(self) -> Generator[None]:
        """Kill them at random."""
        killing = threading.Thread(target=self._kill)
        killing.start()
        try:
            yield
        finally:
            self._done.set()
            killing.join()

    def stop(self) -> None:
        """End them."""
        for process in self._tasks.values():
            process.kill()
            process.join()


def history(folder: Path, *, calls: int, seed: int) -> History:
    """Make `calls` calls that are not idempotent, and half as many that are, while tasks are killed."""
    block = random_block()
    addresses = [f"{block}.{number}" for number in range(3, 7)]
    tasks = Tasks(addresses, folder, seed)
    statuses: Counter[tuple[str, str]] = Counter()
    try:
        with (
            envoy(folder, block, addresses, **POLICY) as live,
            channel_to(live) as channel,
            futures.ThreadPoolExecutor(24) as pool,
        ):
            until(lambda: all(live.endpoints().get(address) for address in addresses))

            def call(number: int) -> None:
                method = (ADD, ADD, GET, ADD, ADD, SEARCH)[number % 6]
                stub: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(f"/{PROTO}/{method}")
                request = b"x" * LARGE if number % 25 == 0 else b""
                made = stub.future(request, timeout=FOREVER, metadata=(("x-call", f"{method}-{number}"),))
                made.exception()
                statuses[method, made.code().name] += 1

            with tasks.killed():
                list(pool.map(call, range(calls * 3 // 2)))
    finally:
        tasks.stop()
    begun = Counter(line for path in folder.glob("*.begun") for line in path.read_text().splitlines())
    return History(begun=begun, statuses=statuses, kills=tasks.kills)


def main(calls: int) -> None:
    """Print what calls saw."""
    with tempfile.TemporaryDirectory() as folder:
        start = time.monotonic()
        found = history(Path(folder), calls=calls, seed=1)
        seconds = time.monotonic() - start
    sys.stdout.write(f"{found.kills} kills in {seconds:.0f} s\n")
    for method in (ADD, GET, SEARCH):
        ends = {status: number for (name, status), number in sorted(found.statuses.items()) if name == method}
        sys.stdout.write(f"{method}: {ends}, begun more than once: {len(found.more_than_once(method))}\n")
