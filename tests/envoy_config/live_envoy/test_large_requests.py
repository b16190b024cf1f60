"""Large requests at the real Envoy: what is sent to a second task, and what the client reads otherwise."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

from envoy_config.http2 import REQUEST_BUFFER_BYTES
from tests.envoy_config.live_envoy.rig import call, channel_to, envoy, task

GET = "/learning.v1.Lessons/Get"
ANY_SIZE = [("grpc.max_receive_message_length", -1)]


def good(_request: bytes, _context: grpc.ServicerContext) -> Iterator[bytes]:
    yield b""


@pytest.mark.parametrize("size", [1_000, 100_000, 1_000_000, 2_000_000])
def test_no_call_fails_if_one_of_two_tasks_takes_no_connection(size: int, tmp_path: Path, block: str) -> None:
    alive, gone = f"{block}.3", f"{block}.4"
    with (
        task(alive, good),
        envoy(tmp_path, block, [alive, gone], health_check="none") as live,
        channel_to(live) as channel,
    ):
        stub: grpc.UnaryStreamMultiCallable[bytes, bytes] = channel.unary_stream(GET)
        for _ in range(20):
            assert list(stub(b"x" * size)) == [b""]
        log = live.stop()
    assert any(line["attempts"] > 1 for line in log)


def test_a_request_too_large_for_a_second_task_is_unavailable_and_no_task_begins_it_twice(
    tmp_path: Path, block: str
) -> None:
    begun: Counter[bytes] = Counter()

    def count(request: bytes, _context: grpc.ServicerContext) -> Iterator[bytes]:
        begun[request[:2]] += 1
        yield b""

    alive, gone = f"{block}.3", f"{block}.4"
    failed: list[grpc.RpcError] = []
    with (
        task(alive, count, options=ANY_SIZE),
        envoy(tmp_path, block, [alive, gone], health_check="none") as live,
    ):
        for number in range(20):
            try:
                call(live, GET, request=b"%02d" % number + b"x" * 2 * REQUEST_BUFFER_BYTES)
            except grpc.RpcError as error:
                failed.append(error)
    assert failed
    assert {error.code() for error in failed} == {grpc.StatusCode.UNAVAILABLE}
    (message,) = {error.details() for error in failed}
    assert message == (
        "Envoy proxy grpc could not reach a task, and it sends no request of more than 2097152 bytes "
        "to a second one"
    )
    assert set(begun.values()) == {1}
    assert len(begun) + len(failed) == 20
