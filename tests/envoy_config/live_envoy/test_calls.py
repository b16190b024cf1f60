"""Tests of a bootstrap at the real Envoy, with real gRPC servers and clients on loopback."""

import time
import urllib.request
from collections.abc import Iterator
from concurrent import futures
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import grpc
import pytest

from envoy_config import AccessLog, Proxy
from tests.envoy_config.live_envoy.rig import EVERY_CALL, PROXY, call, envoy, ready, task
from tests.waiting import FOREVER


def test_health_check_passes_while_envoy_is_ready_and_fails_when_it_is_gone(
    tmp_path: Path, block: str
) -> None:
    def answer(_request: bytes, _context: grpc.ServicerContext) -> Iterator[bytes]:
        yield b""

    assert not ready(f"{block}.1")
    with task(f"{block}.3", answer), envoy(tmp_path, block, [f"{block}.3"], PROXY) as live:
        assert ready(live.address)
        request = urllib.request.Request(f"http://{live.address}:9901/healthcheck/fail", method="POST")
        with urllib.request.urlopen(request, timeout=FOREVER) as response:  # noqa: S310
            assert response.status == 200
        assert not ready(live.address)


def test_log_has_one_line_for_each_call_with_every_field(tmp_path: Path, block: str) -> None:
    def answer(_request: bytes, _context: grpc.ServicerContext) -> Iterator[bytes]:
        yield b"12345"

    proxy = Proxy(name="grpc", access_log=AccessLog(sample_percent=100, request_ids=True))
    with task(f"{block}.3", answer), envoy(tmp_path, block, [f"{block}.3"], proxy) as live:
        assert call(live, "/learning.v1.Lessons/Get") == [b"12345"]
        with pytest.raises(grpc.RpcError) as unknown:
            call(live, "/learning.v1.Other/Get")
        log = live.stop()
    assert unknown.value.code() is grpc.StatusCode.UNIMPLEMENTED
    good, bad = log
    assert good | {"time": "", "duration_ms": 0, "request_id": ""} == {
        "time": "",
        "service": "lessons",
        "grpc_method": "/learning.v1.Lessons/Get",
        "grpc_status": "OK",
        "duration_ms": 0,
        "upstream_task": f"{block}.3:50051",
        "attempts": 1,
        "response_flags": "-",
        "details": "via_upstream",
        "client": "127.0.0.1",
        "request_id": "",
        "traceparent": None,
        "reason": "sample",
        "bytes_received": 5,
        "bytes_sent": 10,
    }
    assert good["time"]
    assert len(good["request_id"]) == 36
    assert (bad["grpc_method"], bad["grpc_status"], bad["response_flags"]) == (
        "/learning.v1.Other/Get",
        "UNIMPLEMENTED",
        "NR",
    )


def test_a_stream_outlives_max_connection_duration_and_a_deadline_is_enforced(
    tmp_path: Path, block: str
) -> None:
    def slow(_request: bytes, _context: grpc.ServicerContext) -> Iterator[bytes]:
        for _ in range(4):
            time.sleep(1)
            yield b"x"

    proxy = Proxy(name="grpc", max_connection_duration=timedelta(seconds=1), access_log=EVERY_CALL)
    with task(f"{block}.3", slow), envoy(tmp_path, block, [f"{block}.3"], proxy) as live:
        assert len(call(live, "/learning.v1.Lessons/Get", timeout=None)) == 4
        with pytest.raises(grpc.RpcError) as late:
            call(live, "/learning.v1.Lessons/Get", timeout=0.5)
        stream, deadline = live.stop()
    assert late.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert stream["duration_ms"] >= 4000
    assert deadline["grpc_status"] == "DEADLINE_EXCEEDED"


def test_a_dead_task_fails_no_call(tmp_path: Path, block: str) -> None:
    def answer(_request: bytes, _context: grpc.ServicerContext) -> Iterator[bytes]:
        yield b""

    alive, dying = f"{block}.3", f"{block}.4"
    with task(alive, answer):
        with task(dying, answer):
            running = envoy(tmp_path, block, [alive, dying], PROXY)
            live = running.__enter__()
        try:
            for _ in range(20):
                call(live, "/learning.v1.Lessons/Get")
        finally:
            running.__exit__(None, None, None)
        log = live.lines()
        assert {line["upstream_task"] for line in log} <= {f"{alive}:50051"}


def test_no_call_fails_if_half_of_eight_tasks_stop_at_once(tmp_path: Path, block: str) -> None:
    def answer(_request: bytes, _context: grpc.ServicerContext) -> Iterator[bytes]:
        yield b""

    tasks = [f"{block}.{number}" for number in range(10, 18)]
    with ExitStack() as staying, ExitStack() as leaving:
        for number, address in enumerate(tasks):
            (leaving if number % 2 else staying).enter_context(task(address, answer))
        live = staying.enter_context(envoy(tmp_path, block, tasks, PROXY))
        call(live, "/learning.v1.Lessons/Get")
        leaving.close()
        # Clients call in parallel, before DNS or a health check shows Envoy that the tasks have stopped.
        with futures.ThreadPoolExecutor(12) as pool:
            calls = [pool.submit(call, live, "/learning.v1.Lessons/Get") for _ in range(96)]
        assert [done.result() for done in calls] == [[b""]] * 96
        log = live.stop()
    assert any(line["attempts"] > 1 for line in log)


def test_a_caller_with_bad_requests_does_not_eject_healthy_tasks(tmp_path: Path, block: str) -> None:
    def refuse(_request: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
        context.abort(grpc.StatusCode.INTERNAL, "no")
        yield b""

    tasks = [f"{block}.3", f"{block}.4"]
    with (
        task(tasks[0], refuse),
        task(tasks[1], refuse),
        envoy(tmp_path, block, tasks, PROXY) as live,
    ):
        for _ in range(20):
            with pytest.raises(grpc.RpcError):
                call(live, "/learning.v1.Lessons/Get")
        log = live.stop()
    counts = [sum(line["upstream_task"] == f"{task}:50051" for line in log) for task in tasks]
    assert counts == [10, 10]
