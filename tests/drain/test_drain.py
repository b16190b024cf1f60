"""The drain container's script with the real Envoy: no call is lost, and the log says what happened."""

import threading
from collections.abc import Generator
from pathlib import Path

import grpc
import pytest

from tests.conftest import random_block
from tests.drain.drains import GONE, draining
from tests.envoy_config.live_envoy.rig import Live, channel_to, envoy, task
from tests.waiting import FOREVER, until

pytestmark = pytest.mark.process

METHOD = "/learning.v1.Lessons/Get"


def refuses(live: Live) -> bool:
    """Return whether Envoy takes no new connection."""
    with channel_to(live) as channel:
        stub: grpc.UnaryStreamMultiCallable[bytes, bytes] = channel.unary_stream(METHOD)
        try:
            list(stub(b"", timeout=FOREVER))
        except grpc.RpcError:
            return True
    return False


class Client:
    """Calls one of the Envoys, as gRPC clients do by default, until `stop`; it notes what failed."""

    def __init__(self, *envoys: Live) -> None:
        self.calls = 0
        self.failures: list[str] = []
        self._stop = threading.Event()
        self._target = "ipv4:" + ",".join(live.target for live in envoys)
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        with grpc.insecure_channel(self._target) as channel:
            stub: grpc.UnaryStreamMultiCallable[bytes, bytes] = channel.unary_stream(METHOD)
            while not self._stop.wait(0.01):
                try:
                    list(stub(b"", timeout=FOREVER))
                except grpc.RpcError as error:
                    self.failures.append(str(error))
                self.calls += 1

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()


def test_envoy_serves_until_its_clients_have_left_and_then_waits_for_open_calls(
    tmp_path: Path, block: str
) -> None:
    go_on = threading.Event()
    second = tmp_path / "second"
    second.mkdir()

    def answer(request: bytes, _: grpc.ServicerContext) -> Generator[bytes]:
        if request == b"long":
            yield b"begun"
            go_on.wait(FOREVER)
        yield b"done"

    with (
        task(f"{block}.3", answer, workers=8),
        envoy(tmp_path, block, [f"{block}.3"]) as live,
        envoy(second, random_block(), [f"{block}.3"]) as other,
        draining(tmp_path, f"{block}.1", DRAIN_SECONDS=int(FOREVER)) as drain,
        channel_to(live) as channel,
    ):
        stub: grpc.UnaryStreamMultiCallable[bytes, bytes] = channel.unary_stream(METHOD)
        client = Client(live, other)
        long = stub(b"long", timeout=FOREVER)
        assert next(long) == b"begun"
        drain.stop()
        until(lambda: len(drain.messages()) == 3)
        until(lambda: refuses(live))
        left = client.calls
        until(lambda: client.calls > left + 20)
        client.stop()
        assert client.failures == []
        assert "drain_close: 0" not in live.admin("/stats?filter=http.grpc.downstream_cx_drain_close")
        go_on.set()
        assert list(long) == [b"done"]
        assert drain.ended() == 0
        assert live.process.poll() is None  # ECS ends Envoy after that
        assert drain.messages() == [
            "ECS stops this task: Envoy serves on for 1 s, until no DNS answer lists it",
            "Envoy sends GOAWAY with each answer; in 1 s every gRPC client has looked up again",
            f"Envoy takes no new connection, and waits up to {int(FOREVER)} s for open calls",
            "Envoy may end: 0 open calls are cut",
        ]


def test_the_log_says_how_many_calls_were_cut(tmp_path: Path, block: str) -> None:
    def answer(_: bytes, context: grpc.ServicerContext) -> Generator[bytes]:
        yield b"begun"
        until(lambda: not context.is_active())

    with (
        task(f"{block}.3", answer),
        envoy(tmp_path, block, [f"{block}.3"]) as live,
        draining(tmp_path, f"{block}.1") as drain,
        channel_to(live) as channel,
    ):
        stub: grpc.UnaryStreamMultiCallable[bytes, bytes] = channel.unary_stream(METHOD)
        streams = [stub(b"", timeout=FOREVER) for _ in range(3)]
        assert [next(stream) for stream in streams] == [b"begun"] * 3
        drain.stop()
        assert drain.ended() == 0
        assert drain.messages()[-1] == "Envoy may end: 3 open calls are cut"
        for stream in streams:
            stream.cancel()


def test_without_an_envoy_that_answers_the_task_ends_at_once(tmp_path: Path, block: str) -> None:
    with draining(tmp_path, f"{block}.1", SERVE_ON_SECONDS=int(FOREVER)) as drain:
        drain.stop()
        assert drain.ended() == 0
        assert drain.messages() == [GONE]


def test_a_second_sigterm_changes_nothing(tmp_path: Path, block: str) -> None:
    with (
        task(f"{block}.3", lambda request, _: iter([request])),
        envoy(tmp_path, block, [f"{block}.3"]),
        draining(tmp_path, f"{block}.1") as drain,
    ):
        drain.stop()
        until(lambda: len(drain.messages()) == 1)
        drain.stop()
        assert drain.ended() == 0
        assert len(drain.messages()) == 4
