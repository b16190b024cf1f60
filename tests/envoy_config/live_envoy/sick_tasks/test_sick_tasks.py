"""Which tasks the real Envoy ejects: one that fails a part of its calls, and no task that is well."""

import random
from collections.abc import Iterator
from concurrent import futures
from contextlib import ExitStack
from pathlib import Path

import grpc
import pytest

from envoy_config.http2 import HEADERS_COUNT
from tests.envoy_config.live_envoy.rig import Handler, Live, call, channel_to, envoy, task
from tests.envoy_config.live_envoy.sick_tasks.tasks import GET, good, process
from tests.waiting import FOREVER, until

CALLS, MOST_FAILED = 1200, 10


class Sick:
    """A task that answers UNAVAILABLE to 30 % of its calls, always the same ones."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def answer(self, _request: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
        if self._random.random() < 0.3:
            context.abort(grpc.StatusCode.UNAVAILABLE, "sick")
        yield b""


def ejections(live: Live) -> int:
    name = "cluster.lessons.outlier_detection.ejections_enforced_total"
    return int(live.admin(f"/stats?filter=^{name}$").split()[-1])


# Chance decides when two of its failures come in a row: after four on average, and after more than ten in
# four of a hundred cases (computed). These seeds are not among the four.
@pytest.mark.parametrize("seed", [pytest.param(number, id=f"seed {number}") for number in (1, 2, 3)])
def test_a_task_that_fails_three_of_ten_calls_fails_few_of_many(
    seed: int, tmp_path: Path, block: str
) -> None:
    tasks = [f"{block}.{number}" for number in range(3, 9)]
    with ExitStack() as stack:
        stack.enter_context(task(tasks[0], Sick(seed).answer))
        for address in tasks[1:]:
            stack.enter_context(task(address, good))
        live = stack.enter_context(envoy(tmp_path, block, tasks))
        until(lambda: live.endpoints() == dict.fromkeys(tasks, True))
        stub: grpc.UnaryUnaryMultiCallable[bytes, bytes]
        stub = stack.enter_context(channel_to(live)).unary_unary(GET)
        codes = [error.code() for _ in range(CALLS) if isinstance(error := failure(stub), grpc.RpcError)]
        # Health checks passed in this time, and have not taken it back.
        assert ejections(live) > 0
    assert set(codes) == {grpc.StatusCode.UNAVAILABLE}
    assert len(codes) <= MOST_FAILED


def failure(stub: "grpc.UnaryUnaryMultiCallable[bytes, bytes]") -> object:
    return stub.future(b"", timeout=FOREVER).exception()


def with_many_headers(_request: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
    context.send_initial_metadata(tuple((f"x-{number}", "") for number in range(HEADERS_COUNT + 500)))
    yield b""


def unknown(_request: bytes, _context: grpc.ServicerContext) -> Iterator[bytes]:
    raise ValueError
    yield b""


def internal(_request: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
    context.abort(grpc.StatusCode.INTERNAL, "no")
    yield b""


@pytest.mark.parametrize("answer", [with_many_headers, unknown, internal])
def test_a_burst_of_bad_calls_ejects_no_task(answer: Handler, tmp_path: Path, block: str) -> None:
    tasks = [f"{block}.{number}" for number in range(3, 7)]
    with ExitStack() as stack:
        for address in tasks:
            stack.enter_context(task(address, answer, workers=20))
        live = stack.enter_context(envoy(tmp_path, block, tasks))
        until(lambda: live.endpoints() == dict.fromkeys(tasks, True))
        stub: grpc.UnaryUnaryMultiCallable[bytes, bytes]
        stub = stack.enter_context(channel_to(live)).unary_unary(GET)
        for _ in range(5):
            assert all(call.exception() for call in [stub.future(b"", timeout=FOREVER) for _ in range(20)])
        assert ejections(live) == 0


def test_a_task_that_was_killed_gets_calls_as_soon_as_it_runs_again(tmp_path: Path, block: str) -> None:
    well, killed = tasks = [f"{block}.3", f"{block}.4"]
    with task(well, good), ExitStack() as stack:
        with process(killed):
            live = stack.enter_context(envoy(tmp_path, block, tasks))
            until(lambda: live.endpoints() == dict.fromkeys(tasks, True))
        with futures.ThreadPoolExecutor(8) as pool:
            calls = [pool.submit(call, live, GET) for _ in range(40)]  # many find that it is gone
        assert [done.result() for done in calls] == [[b""]] * 40
        until(lambda: live.endpoints() == {well: True, killed: False})
        with process(killed):
            until(lambda: live.endpoints() == dict.fromkeys(tasks, True))
            assert ejections(live) == 0
