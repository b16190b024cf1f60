"""Which answers make the real Envoy eject a task: a few failed calls among many must not."""

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import grpc
import pytest

from tests.envoy_config.live_envoy.rig import Live, channel_to, envoy, task
from tests.waiting import FOREVER, until

GET = "/learning.v1.Lessons/Get"
TASKS = 6  # Envoy compares the tasks of a service from five on


def good(_request: bytes, _context: grpc.ServicerContext) -> Iterator[bytes]:
    yield b""


class OneInAHundred:
    """A task that refuses each hundredth call, as if one caller in a hundred had sent nonsense."""

    def __init__(self, status: grpc.StatusCode) -> None:
        self._status, self._calls = status, count(1)

    def answer(self, _request: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
        if next(self._calls) % 100 == 0:
            context.abort(self._status, "no")
        yield b""


def ejections(live: Live, kind: str) -> int:
    name = f"cluster.lessons.outlier_detection.ejections_{kind}"
    return int(live.admin(f"/stats?filter=^{name}$").split()[-1])


@pytest.mark.parametrize("status", [grpc.StatusCode.UNKNOWN, grpc.StatusCode.UNAVAILABLE])
def test_a_task_is_not_ejected_because_it_fails_one_call_in_a_hundred_more_than_the_others(
    status: grpc.StatusCode, tmp_path: Path, block: str
) -> None:
    tasks = [f"{block}.{number}" for number in range(3, 3 + TASKS)]
    with ExitStack() as stack:
        stack.enter_context(task(tasks[0], OneInAHundred(status).answer))
        for address in tasks[1:]:
            stack.enter_context(task(address, good))
        live = stack.enter_context(envoy(tmp_path, block, tasks))
        until(lambda: live.endpoints() == dict.fromkeys(tasks, True))
        stub: grpc.UnaryUnaryMultiCallable[bytes, bytes]
        stub = stack.enter_context(channel_to(live)).unary_unary(GET)

        def noticed() -> int:
            # Envoy looks at the share of failed calls every 10 s, at tasks that had a hundred calls.
            for call in [stub.future(b"", timeout=FOREVER) for _ in range(60)]:
                call.exception()
            return ejections(live, "detected_success_rate")

        until(noticed)
        assert ejections(live, "enforced_total") == 0
        assert live.endpoints() == dict.fromkeys(tasks, True)
