"""A running Envoy with gRPC tasks behind it, on loopback."""

import json
import subprocess
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent import futures
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc

from ecs_envoy.fargate.ready_check import ready_script
from envoy_config import AccessLog, Proxy, Service, Upstream
from envoy_config.bootstrap import bootstrap
from envoy_config.rendering import to_json
from rehearsal.account.name_server import NameServer, Registry
from rehearsal.agent.local_bootstrap import localize
from tests.conftest import BIN

EVERY_CALL = AccessLog(sample_percent=100)
PROXY = Proxy(name="grpc", access_log=EVERY_CALL)
Handler = Callable[[bytes, grpc.ServicerContext], Iterator[bytes]]


@dataclass
class Live:
    """A running Envoy in front of the tasks of learning.v1.Lessons."""

    target: str
    address: str
    log: Path
    process: subprocess.Popen[bytes]

    def stop(self) -> list[dict[str, Any]]:
        """End Envoy and return its access log."""
        self.process.terminate()
        self.process.wait(timeout=10)
        return self.lines()

    def lines(self) -> list[dict[str, Any]]:
        """Return the access log so far."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]


@contextmanager
def task(address: str, answer: Handler) -> Generator[None]:
    server = grpc.server(futures.ThreadPoolExecutor(4))
    method: grpc.RpcMethodHandler[bytes, bytes] = grpc.unary_stream_rpc_method_handler(answer)
    handler = grpc.method_handlers_generic_handler("learning.v1.Lessons", {"Get": method})
    server.add_generic_rpc_handlers((handler,))
    server.add_insecure_port(f"{address}:50051")
    server.start()
    try:
        yield
    finally:
        server.stop(None).wait()


@contextmanager
def envoy(folder: Path, block: str, tasks: list[str], proxy: Proxy) -> Generator[Live]:
    service = Service(
        name="lessons",
        address="lessons.test.local",
        upstream=Upstream(grpc_services=["learning.v1.Lessons"]),
        max_tasks=8,
    )
    address, log = f"{block}.1", folder / "access.log"
    with (
        NameServer(f"{block}.2", {"lessons.test.local": Registry(tasks, 1)}.get) as names,
        log.open("wb") as out,
    ):
        text = localize(
            to_json(bootstrap(proxy, [service])),
            address=address,
            name_server=names.address,
            name_server_port=names.port,
        )
        command = [BIN / "envoy", "--config-yaml", text, "--concurrency", "1", "--disable-hot-restart"]
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL)
        try:
            assert becomes_ready(address), "envoy did not become ready"
            yield Live(f"{address}:50051", address, log, process)
        finally:
            process.kill()
            process.wait()


def ready(address: str) -> bool:
    script = ready_script(address, 9901)
    return subprocess.run(["/bin/bash", "-c", script], capture_output=True, check=False).returncode == 0


def becomes_ready(address: str) -> bool:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        if ready(address):
            return True
        time.sleep(0.1)
    return False


def call(
    live: Live,
    method: str,
    timeout: float | None = 10,
    metadata: Sequence[tuple[str, str | bytes]] | None = None,
) -> list[bytes]:
    options = [("grpc.use_local_subchannel_pool", 1)]
    with grpc.insecure_channel(live.target, options=options) as channel:
        stub: grpc.UnaryStreamMultiCallable[bytes, bytes] = channel.unary_stream(method)
        return list(stub(b"", timeout=timeout, metadata=tuple(metadata or ())))
