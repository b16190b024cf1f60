"""What the bootstrap makes the real Envoy do, with real gRPC servers and clients on loopback."""

import json
import random
import subprocess
import time
import urllib.request
from collections.abc import Callable, Generator, Iterator
from concurrent import futures
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest

from ecs_envoy.envoy_container import ready_script
from envoy_config import Proxy, Service, bootstrap, to_json
from rehearsal.local_bootstrap import localize
from rehearsal.name_server import NameServer, Registry
from tests.conftest import BIN

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
        port=50051,
        grpc_services=("learning.v1.Lessons",),
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


@pytest.fixture
def block() -> str:
    return f"127.{random.randint(16, 250)}.{random.randint(0, 255)}"


def call(live: Live, method: str, timeout: float | None = 10) -> list[bytes]:
    options = [("grpc.use_local_subchannel_pool", 1)]
    with grpc.insecure_channel(live.target, options=options) as channel:
        stub: grpc.UnaryStreamMultiCallable[bytes, bytes] = channel.unary_stream(method)
        return list(stub(b"", timeout=timeout))


def test_health_check_passes_while_envoy_is_ready_and_fails_when_it_is_gone(
    tmp_path: Path, block: str
) -> None:
    def answer(_request: bytes, _context: grpc.ServicerContext) -> Iterator[bytes]:
        yield b""

    assert not ready(f"{block}.1")
    with task(f"{block}.3", answer), envoy(tmp_path, block, [f"{block}.3"], Proxy(name="grpc")) as live:
        assert ready(live.address)
        request = urllib.request.Request(f"http://{live.address}:9901/healthcheck/fail", method="POST")
        with urllib.request.urlopen(request, timeout=5) as response:  # noqa: S310
            assert response.status == 200
        assert not ready(live.address)


def test_log_has_one_line_for_each_call_with_every_field(tmp_path: Path, block: str) -> None:
    def answer(_request: bytes, _context: grpc.ServicerContext) -> Iterator[bytes]:
        yield b"12345"

    with task(f"{block}.3", answer), envoy(tmp_path, block, [f"{block}.3"], Proxy(name="grpc")) as live:
        assert call(live, "/learning.v1.Lessons/Get") == [b"12345"]
        with pytest.raises(grpc.RpcError) as unknown:
            call(live, "/learning.v1.Other/Get")
        log = live.stop()
    assert unknown.value.code() is grpc.StatusCode.UNIMPLEMENTED
    good, bad = log
    assert good | {"time": "", "duration_ms": 0, "request_id": ""} == {
        "time": "",
        "grpc_service": "learning.v1.Lessons",
        "grpc_method": "Get",
        "grpc_status": "OK",
        "duration_ms": 0,
        "upstream_task": f"{block}.3:50051",
        "attempts": 1,
        "response_flags": "-",
        "request_id": "",
        "bytes_received": 5,
        "bytes_sent": 10,
    }
    assert good["time"]
    assert len(good["request_id"]) == 36
    assert (bad["grpc_service"], bad["grpc_status"], bad["response_flags"]) == (
        "learning.v1.Other",
        "UNIMPLEMENTED",
        "NR",
    )


def test_a_stream_outlives_the_connections_time_and_a_deadline_is_honoured(
    tmp_path: Path, block: str
) -> None:
    def slow(_request: bytes, _context: grpc.ServicerContext) -> Iterator[bytes]:
        for _ in range(4):
            time.sleep(1)
            yield b"x"

    proxy = Proxy(name="grpc", max_connection_duration=timedelta(seconds=1))
    with task(f"{block}.3", slow), envoy(tmp_path, block, [f"{block}.3"], proxy) as live:
        assert len(call(live, "/learning.v1.Lessons/Get", timeout=None)) == 4
        with pytest.raises(grpc.RpcError) as late:
            call(live, "/learning.v1.Lessons/Get", timeout=0.5)
        stream, deadline = live.stop()
    assert late.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert stream["duration_ms"] >= 4000
    assert deadline["grpc_status"] in {"DEADLINE_EXCEEDED", None}


def test_a_dead_task_costs_no_call(tmp_path: Path, block: str) -> None:
    def answer(_request: bytes, _context: grpc.ServicerContext) -> Iterator[bytes]:
        yield b""

    alive, dying = f"{block}.3", f"{block}.4"
    with task(alive, answer):
        with task(dying, answer):
            running = envoy(tmp_path, block, [alive, dying], Proxy(name="grpc"))
            live = running.__enter__()
        try:
            for _ in range(20):
                call(live, "/learning.v1.Lessons/Get")
        finally:
            running.__exit__(None, None, None)
        log = [json.loads(line) for line in live.log.read_text().splitlines()]
        assert {line["upstream_task"] for line in log} <= {f"{alive}:50051"}


def test_half_of_eight_tasks_that_leave_at_once_cost_no_call(tmp_path: Path, block: str) -> None:
    def answer(_request: bytes, _context: grpc.ServicerContext) -> Iterator[bytes]:
        yield b""

    tasks = [f"{block}.{number}" for number in range(10, 18)]
    with ExitStack() as staying, ExitStack() as leaving:
        for number, address in enumerate(tasks):
            (leaving if number % 2 else staying).enter_context(task(address, answer))
        live = staying.enter_context(envoy(tmp_path, block, tasks, Proxy(name="grpc")))
        call(live, "/learning.v1.Lessons/Get")
        leaving.close()
        # At once: neither DNS nor a health check has told Envoy yet, and clients call in parallel.
        with futures.ThreadPoolExecutor(12) as pool:
            calls = [pool.submit(call, live, "/learning.v1.Lessons/Get") for _ in range(96)]
        assert [done.result() for done in calls] == [[b""]] * 96
        log = live.stop()
    assert any(line["attempts"] > 1 for line in log)


def test_a_caller_with_bad_requests_ejects_no_healthy_task(tmp_path: Path, block: str) -> None:
    def refuse(_request: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
        context.abort(grpc.StatusCode.INTERNAL, "no")
        yield b""

    tasks = [f"{block}.3", f"{block}.4"]
    with (
        task(tasks[0], refuse),
        task(tasks[1], refuse),
        envoy(tmp_path, block, tasks, Proxy(name="grpc")) as live,
    ):
        for _ in range(20):
            with pytest.raises(grpc.RpcError):
                call(live, "/learning.v1.Lessons/Get")
        log = live.stop()
    counts = [sum(line["upstream_task"] == f"{task}:50051" for line in log) for task in tasks]
    assert counts == [10, 10]
