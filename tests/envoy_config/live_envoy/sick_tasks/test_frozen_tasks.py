"""What the real Envoy's health check says of a task that is frozen, or only busy."""

import signal
import threading
from collections.abc import Iterator
from concurrent import futures
from pathlib import Path
from typing import Any

import grpc
import pytest

from tests.envoy_config.live_envoy.rig import Live, call, envoy, task
from tests.envoy_config.live_envoy.sick_tasks.tasks import GET, good, process
from tests.waiting import FOREVER, until


def checks(live: Live) -> int:
    """Return how often Envoy has checked its tasks."""
    return int(live.admin("/stats?filter=cluster.lessons.health_check.attempt").split()[-1])


def until_checked_again(live: Live) -> None:
    seen = checks(live)
    until(lambda: checks(live) > seen + 4)


@pytest.mark.parametrize(
    "given", [pytest.param({}, id="by default"), pytest.param({"health_check": "http2"}, id="http2")]
)
def test_a_frozen_task_gets_no_calls_until_it_is_thawed(
    given: dict[str, Any], tmp_path: Path, block: str
) -> None:
    well, frozen = f"{block}.3", f"{block}.4"
    with (
        task(well, good),
        process(frozen) as running,
        envoy(tmp_path, block, [well, frozen], **given) as live,
    ):
        until(lambda: live.endpoints() == {well: True, frozen: True})
        running.send_signal(signal.SIGSTOP)
        until(lambda: live.endpoints() == {well: True, frozen: False})
        for _ in range(10):
            assert call(live, GET) == [b""]
        running.send_signal(signal.SIGCONT)
        until(lambda: live.endpoints() == {well: True, frozen: True})
        log = live.stop()
    assert [line["upstream_task"] for line in log] == [f"{well}:50051"] * 10


def test_a_check_is_no_call_to_the_server(tmp_path: Path, block: str) -> None:
    seen: list[str] = []

    class Spy(grpc.ServerInterceptor):
        def intercept_service(self, continuation: Any, handler_call_details: Any) -> Any:  # noqa: ANN401
            seen.append(handler_call_details.method)
            return continuation(handler_call_details)

    with (
        task(f"{block}.3", good, interceptors=[Spy()]),
        envoy(tmp_path, block, [f"{block}.3"]) as live,
    ):
        until_checked_again(live)
        assert call(live, GET) == [b""]
        assert live.endpoints() == {f"{block}.3": True}
    assert seen == [GET]


def test_a_task_whose_calls_all_wait_is_not_taken_for_frozen(tmp_path: Path, block: str) -> None:
    go_on, waiting = threading.Event(), threading.Semaphore(0)

    def hang(_request: bytes, _context: grpc.ServicerContext) -> Iterator[bytes]:
        waiting.release()
        go_on.wait(FOREVER)
        yield b"late"

    with (
        task(f"{block}.3", hang, workers=2),
        envoy(tmp_path, block, [f"{block}.3"]) as live,
        futures.ThreadPoolExecutor(6) as pool,
    ):
        calls = [pool.submit(call, live, GET) for _ in range(6)]
        assert all(waiting.acquire(timeout=FOREVER) for _ in range(2))
        until_checked_again(live)
        assert live.endpoints() == {f"{block}.3": True}
        go_on.set()
        assert [done.result() for done in calls] == [[b"late"]] * 6
