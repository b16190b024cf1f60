"""What the README promises under "What Envoy is told", shown by the real Envoy.

What would take longer than a few seconds to show is read from the bootstrap, in ../test_promises.py.
"""

import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from envoy_config.http2 import MAX_CONCURRENT_STREAMS
from tests.envoy_config.live_envoy.rig import call, envoy, task
from tests.waiting import FOREVER, until

GET = "/learning.v1.Lessons/Get"
HOUR = 3600.0


def good(_request: bytes, _context: grpc.ServicerContext) -> Iterator[bytes]:
    yield b""


def unavailable(_request: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
    context.abort(grpc.StatusCode.UNAVAILABLE, "no")
    yield b""


@pytest.mark.parametrize(
    ("deadline", "least", "most"),
    [
        pytest.param(None, 1e6 * HOUR, float("inf"), id="no deadline"),
        pytest.param(HOUR, HOUR / 2, HOUR, id="a deadline of an hour"),
    ],
)
def test_a_call_reaches_its_task_with_the_clients_deadline_and_no_other(
    deadline: float | None, least: float, most: float, tmp_path: Path, block: str
) -> None:
    seen: list[float] = []
    keys: list[str] = []

    def note(_request: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
        seen.append(context.time_remaining())
        keys.extend(str(key) for key, _ in context.invocation_metadata())
        yield b""

    with task(f"{block}.3", note), envoy(tmp_path, block, [f"{block}.3"]) as live:
        call(live, GET, timeout=deadline)
    # A limit of Envoy's own, on the route or on `grpc-timeout`, would be told to the task.
    (left,) = seen
    assert least < left <= most
    assert not [key for key in keys if "timeout" in key]


def test_a_quiet_stream_stays_open_on_both_sides(tmp_path: Path, block: str) -> None:
    # A stock gRPC server ends the connection after three PINGs that come too soon.
    def quiet(_request: bytes, _context: grpc.ServicerContext) -> Iterator[bytes]:
        yield b"first"
        time.sleep(5)
        yield b"last"

    with task(f"{block}.3", quiet), envoy(tmp_path, block, [f"{block}.3"]) as live:
        assert call(live, GET, timeout=None) == [b"first", b"last"]
        sent = live.admin("/stats?filter=cluster.lessons.http2.keepalive_timeout")
    assert sent == "cluster.lessons.http2.keepalive_timeout: 0\n"


def settings_of(address: str) -> dict[int, int]:
    """Return the HTTP/2 settings that the server at `address` offers to a client (RFC 9113, 6.5)."""
    with socket.create_connection((address, 50051), timeout=FOREVER) as connection:
        connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0")
        header = connection.recv(9, socket.MSG_WAITALL)
        assert header[3] == 4, "the first frame is not SETTINGS"
        body = connection.recv(int.from_bytes(header[:3], "big"), socket.MSG_WAITALL)
    return dict(struct.iter_unpack("!HI", body))


def test_a_client_may_have_a_thousand_calls_open_on_its_connection(tmp_path: Path, block: str) -> None:
    with envoy(tmp_path, block, [f"{block}.3"]) as live:
        assert settings_of(live.address)[3] == MAX_CONCURRENT_STREAMS >= 1000


def test_a_call_that_a_task_has_answered_is_not_repeated(tmp_path: Path, block: str) -> None:
    with (
        task(f"{block}.3", unavailable),
        task(f"{block}.4", unavailable),
        envoy(tmp_path, block, [f"{block}.3", f"{block}.4"]) as live,
    ):
        with pytest.raises(grpc.RpcError) as refused:
            call(live, GET)
        (line,) = live.stop()
    assert refused.value.code() is grpc.StatusCode.UNAVAILABLE
    assert line["attempts"] == 1


def test_a_call_that_no_task_takes_is_tried_five_times_more(tmp_path: Path, block: str) -> None:
    nobody = [f"{block}.{number}" for number in range(10, 18)]
    with envoy(tmp_path, block, nobody, health_check="none") as live:
        until(lambda: len(live.endpoints()) == len(nobody))
        with pytest.raises(grpc.RpcError) as failed:
            call(live, GET)
        (line,) = live.stop()
    assert failed.value.code() is grpc.StatusCode.UNAVAILABLE
    assert line["attempts"] == 1 + 5


def test_where_most_tasks_are_down_no_call_is_sent_to_them(tmp_path: Path, block: str) -> None:
    up, *down = tasks = [f"{block}.{number}" for number in range(10, 14)]
    with task(up, good), envoy(tmp_path, block, tasks) as live:
        until(lambda: live.endpoints() == {up: True, **dict.fromkeys(down, False)})
        for _ in range(20):
            call(live, GET)
        log = live.stop()
    assert {(line["upstream_task"], line["attempts"]) for line in log} == {(f"{up}:50051", 1)}


def test_where_every_task_is_taken_for_down_they_are_called_all_the_same(tmp_path: Path, block: str) -> None:
    address = f"{block}.3"
    with task(address, good), envoy(tmp_path, block, [address], health_check="grpc") as live:
        # The task has no grpc.health.v1, which is what the check asks for.
        until(lambda: live.endpoints() == {address: False})
        assert call(live, GET) == [b""]


def test_a_task_that_says_it_is_not_serving_gets_no_call(tmp_path: Path, block: str) -> None:
    tasks = [f"{block}.3", f"{block}.4"]
    statuses = [health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING]
    with ExitStack() as running:
        for address, status in zip(tasks, statuses, strict=True):
            checks = health.HealthServicer()
            checks.set("", status)
            server = running.enter_context(task(address, good))
            health_pb2_grpc.add_HealthServicer_to_server(checks, server)
        live = running.enter_context(envoy(tmp_path, block, tasks, health_check="grpc"))
        until(lambda: live.endpoints() == {tasks[0]: True, tasks[1]: False})
        for _ in range(10):
            call(live, GET)
        log = live.stop()
    assert {line["upstream_task"] for line in log} == {f"{tasks[0]}:50051"}


@pytest.mark.parametrize(
    ("given", "most_failed"),
    [
        pytest.param({}, 2, id="by default"),
        pytest.param({"outlier_detection": "gateway_failure"}, 2, id="gateway_failure"),
        pytest.param({"outlier_detection": "local_origin_failure"}, 20, id="local_origin_failure"),
        pytest.param({"outlier_detection": "none"}, 20, id="none"),
    ],
)
def test_a_task_is_left_alone_after_two_unavailable_in_a_row_unless_that_is_turned_off(
    given: dict[str, Any], most_failed: int, tmp_path: Path, block: str
) -> None:
    failing, well = f"{block}.3", f"{block}.4"
    with (
        task(failing, unavailable),
        task(well, good),
        envoy(tmp_path, block, [failing, well], **given) as live,
    ):
        until(lambda: live.endpoints() == {failing: True, well: True})
        failed = 0
        for _ in range(40):
            try:
                call(live, GET)
            except grpc.RpcError:
                failed += 1
        log = live.stop()
    assert failed == most_failed
    assert sum(line["upstream_task"] == f"{failing}:50051" for line in log) == most_failed


@pytest.mark.parametrize(
    ("outlier_detection", "left"),
    [
        pytest.param("gateway_failure", 1, id="gateway_failure"),
        pytest.param("local_origin_failure", 1, id="local_origin_failure"),
        pytest.param("none", 2, id="none"),
    ],
)
def test_a_task_that_refuses_connections_is_left_alone_unless_that_is_turned_off(
    outlier_detection: str, left: int, tmp_path: Path, block: str
) -> None:
    tasks = [f"{block}.3", f"{block}.4"]
    options: dict[str, Any] = {"health_check": "none", "outlier_detection": outlier_detection}
    with task(tasks[0], good), envoy(tmp_path, block, tasks, **options) as live:
        until(lambda: len(live.endpoints()) == 2)
        for _ in range(20):
            assert call(live, GET) == [b""]
        assert sum(live.endpoints().values()) == left


def test_a_task_that_has_left_the_list_gets_no_new_call_and_finishes_its_open_ones(
    tmp_path: Path, block: str
) -> None:
    leaving, staying = f"{block}.3", f"{block}.4"
    finish = threading.Event()

    def waiting(_request: bytes, _context: grpc.ServicerContext) -> Iterator[bytes]:
        yield b"begun"
        finish.wait(FOREVER)
        yield b"finished"

    listed = [leaving]
    with (
        task(leaving, waiting),
        task(staying, good),
        envoy(tmp_path, block, listed) as live,
        grpc.insecure_channel(live.target) as channel,
    ):
        stub: grpc.UnaryStreamMultiCallable[bytes, bytes] = channel.unary_stream(GET)
        stream = iter(stub(b""))
        assert next(stream) == b"begun"
        listed[:] = [staying]
        until(lambda: list(live.endpoints()) == [staying])
        assert call(live, GET) == [b""]
        finish.set()
        assert list(stream) == [b"finished"]
        tasks = [line["upstream_task"] for line in live.stop()]
    assert tasks == [f"{staying}:50051", f"{leaving}:50051"]
