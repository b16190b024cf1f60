"""The stand-in server and the load, against each other."""

import time
from collections.abc import Generator
from pathlib import Path

import grpc
import pytest

from rehearsal.agent.grpc_probe import SERVING
from rehearsal.course.states import calls_per_task
from rehearsal.load.calls import MESSAGES_KEY, Call, Target
from rehearsal.load.grpc_task import burn, serve
from rehearsal.load.load_process import Load
from rehearsal.processes import Processes
from tests.conftest import random_block
from tests.waiting import FOREVER, until


@pytest.fixture
def target() -> Generator[str]:
    address = f"{random_block()}.1"
    server = serve(address, 50051, ["learning.v1.Lessons"])
    yield f"{address}:50051"
    server.stop(None).wait()


def test_every_method_is_answered_unary_and_streaming(target: str) -> None:
    with grpc.insecure_channel(target) as channel:
        unary: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(
            "/learning.v1.Lessons/Whatever"
        )
        assert unary(b"x", timeout=FOREVER) == b"x"
        stream: grpc.UnaryStreamMultiCallable[bytes, bytes] = channel.unary_stream(
            "/learning.v1.Lessons/List"
        )
        assert list(stream(b"x", timeout=FOREVER, metadata=((MESSAGES_KEY, "3"),))) == [b"x"] * 3
        both: grpc.StreamStreamMultiCallable[bytes, bytes] = channel.stream_stream(
            "/learning.v1.Lessons/Chat"
        )
        assert list(both(iter([b"a", b"b"]), timeout=FOREVER)) == [b"a", b"b"]
        health: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(
            "/grpc.health.v1.Health/Check"
        )
        assert health(b"", timeout=FOREVER) == SERVING


def test_fails_with_unimplemented_on_another_proto_service(target: str) -> None:
    with grpc.insecure_channel(target) as channel:
        unary: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary("/learning.v1.Other/Get")
        with pytest.raises(grpc.RpcError) as error:
            unary(b"", timeout=FOREVER)
    assert error.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_work_is_cpu_time_of_the_call() -> None:
    begun = time.thread_time()
    burn(0.02)
    assert time.thread_time() - begun >= 0.02


def load(target: str, methods: tuple[str, ...], logs: Path, streams: tuple[str, ...] = ()) -> list[Call]:
    wanted = Target(service="lessons", target=target, methods=methods, streams=streams, rate=60)
    with Processes(logs) as processes:
        running = Load(processes, "load", [wanted])
        until(lambda: len(running.calls()) >= 60)
        return running.stop()


@pytest.mark.process
def test_each_call_of_the_load_names_its_task_and_status(target: str, tmp_path: Path) -> None:
    calls = load(target, ("learning.v1.Lessons/Get",), tmp_path, ("learning.v1.Lessons/Watch",))
    assert {call.status for call in calls} == {"OK"}
    assert {call.task for call in calls} == {target}
    assert all(call.milliseconds > 0 for call in calls)


@pytest.mark.parametrize(
    ("tasks", "work_seconds", "calls"),
    [
        pytest.param(9, 0.005, 20, id="there is room"),
        pytest.param(100, 0.005, 2, id="half of the machine"),
        pytest.param(1000, 0.1, 1, id="at least one"),
        pytest.param(10, 0, 20, id="no work"),
        pytest.param(48, 0, 5, id="240 over all"),
    ],
)
def test_the_load_leaves_half_of_the_machine(tasks: int, work_seconds: float, calls: float) -> None:
    assert calls_per_task(tasks, work_seconds, 2) == calls


@pytest.mark.process
def test_a_call_that_fails_is_counted_as_failed(target: str, tmp_path: Path) -> None:
    calls = load(target, ("learning.v1.Other/Get",), tmp_path)
    assert {call.status for call in calls} == {"UNIMPLEMENTED"}
