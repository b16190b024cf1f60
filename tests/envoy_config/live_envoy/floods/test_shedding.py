"""Calls that the real Envoy sheds: which ones, with what status and message, and that others go on."""

import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import grpc
import pytest

from bench.abuse import frames
from envoy_config import Metrics
from envoy_config.policy.capacity import CircuitBreakers
from envoy_config.policy.limits import RateLimit
from tests.envoy_config.live_envoy.rig import PROXY, Live, call, channel_to, envoy, scrape, task
from tests.waiting import FOREVER, until

GET = "/learning.v1.Lessons/Get"


class Slow:
    """A task that ends its calls when it is told to."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.begun = 0

    def __call__(self, _request: bytes, _context: grpc.ServicerContext) -> Iterator[bytes]:
        self.begun += 1
        yield b"first"
        self.go.wait(FOREVER)


def good(_request: bytes, _context: grpc.ServicerContext) -> Iterator[bytes]:
    yield b""


def error_of(live: Live, method: str = GET) -> tuple[grpc.StatusCode, str]:
    with pytest.raises(grpc.RpcError) as error:
        call(live, method)
    return error.value.code(), str(error.value.details())


def test_calls_above_a_services_limit_end_at_once_and_say_where(tmp_path: Path, block: str) -> None:
    slow, limit = Slow(), 5
    with (
        task(f"{block}.3", slow, workers=limit + 1),
        envoy(
            tmp_path, block, [f"{block}.3"], circuit_breakers=CircuitBreakers(max_open_calls=limit)
        ) as live,
        channel_to(live) as channel,
    ):
        stub: grpc.UnaryStreamMultiCallable[bytes, bytes] = channel.unary_stream(GET)
        open_ = [stub(b"", timeout=FOREVER) for _ in range(limit)]
        assert [next(each) for each in open_] == [b"first"] * limit
        assert error_of(live) == (
            grpc.StatusCode.UNAVAILABLE,
            (
                "Envoy proxy grpc sheds calls of the service lessons: as many are open here as it holds at "
                "once (max_open_calls)"
            ),
        )
        assert slow.begun == limit, "a call that was shed has begun"
        slow.go.set()
        assert [list(each) for each in open_] == [[]] * limit
        assert call(live, GET) == [b"first"]


def test_an_address_that_calls_too_often_is_told_so_and_no_other_one(tmp_path: Path, block: str) -> None:
    rate, flood = 10, 100
    with (
        task(f"{block}.3", good),
        envoy(tmp_path, block, [f"{block}.3"], rate_limit=RateLimit(client_calls_per_second=rate)) as live,
        channel_to(live) as channel,
        socket.create_connection((live.address, 50051), FOREVER, source_address=(f"{block}.9", 0)) as other,
    ):
        stub: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(GET)
        made = [stub.future(b"", timeout=FOREVER) for _ in range(flood)]
        shed = [error for error in (each.exception() for each in made) if isinstance(error, grpc.RpcError)]
        assert len(shed) >= flood / 2
        assert {(error.code(), error.details()) for error in shed} == {
            (
                grpc.StatusCode.RESOURCE_EXHAUSTED,
                (
                    "Envoy proxy grpc sheds calls of 127.0.0.1 to the service lessons: more of them come in "
                    "a second than its policy allows (rate_limit)"
                ),
            )
        }
        other.sendall(frames.PREFACE + frames.frame(frames.SETTINGS))
        for number in range(rate):
            other.sendall(frames.headers_frame(2 * number + 1, frames.REQUEST))
            other.sendall(frames.frame(frames.DATA, 2 * number + 1, frames.GRPC_MESSAGE, frames.END_STREAM))
        until(lambda: len(live.lines()) == flood + rate)
        by_status = Counter((line["grpc_status"], line["client"]) for line in live.lines())
        assert by_status["OK", f"{block}.9"] == rate


def test_calls_that_do_not_fit_the_heap_end_at_once_and_metrics_and_health_answer(
    tmp_path: Path, block: str
) -> None:
    full = replace(PROXY, memory_mib=4, metrics=Metrics())  # Envoy alone needs more
    with task(f"{block}.3", good), envoy(tmp_path, block, [f"{block}.3"], full) as live:
        until(lambda: "heap.pressure: 0" not in live.admin("/stats?filter=fixed_heap"))
        assert error_of(live) == (
            grpc.StatusCode.UNAVAILABLE,
            "Envoy proxy grpc sheds calls: its heap has 78 % of its memory of 4 MiB (proxy.memory)",
        )
        assert "\nenvoy_overload_envoy_resource_monitors_fixed_heap_pressure{} " in scrape(live)
        assert scrape(live, "/ready") == "LIVE\n"


def test_connections_without_a_call_give_way_to_others_at_the_limit(tmp_path: Path, block: str) -> None:
    proxy = replace(PROXY, max_connections=40)
    with (
        task(f"{block}.3", good),
        envoy(tmp_path, block, [f"{block}.3"], proxy) as live,
        ExitStack() as unused,
        channel_to(live) as channel,
    ):
        for _ in range(40):
            unused.enter_context(frames.connected(live.address))
        stub: grpc.UnaryStreamMultiCallable[bytes, bytes] = channel.unary_stream(GET)
        assert list(stub(b"", wait_for_ready=True, timeout=FOREVER)) == [b""]


def test_a_pinned_client_may_have_1000_streams_open(tmp_path: Path, block: str) -> None:
    slow, streams = Slow(), 1000
    with (
        task(f"{block}.3", slow, workers=streams),
        envoy(tmp_path, block, [f"{block}.3"]) as live,
        channel_to(live) as channel,
    ):
        stub: grpc.UnaryStreamMultiCallable[bytes, bytes] = channel.unary_stream(GET)
        open_ = [stub(b"", timeout=FOREVER) for _ in range(streams)]
        assert [next(each) for each in open_] == [b"first"] * streams
        slow.go.set()
        assert [list(each) for each in open_] == [[]] * streams
