"""A newline in a header's value, which HTTP/2 forbids and gRPC libraries check for: sent by hand."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import grpc

from bench.abuse import frames
from tests.envoy_config.live_envoy.rig import channel_to, envoy, task

GET = "/learning.v1.Lessons/Get"
NEWLINE = (b"x-text", b"one\ntwo")
OTHERS = 3


def good(_request: bytes, _context: grpc.ServicerContext) -> Iterator[bytes]:
    yield b""


def test_a_newline_from_a_client_ends_its_call_alone(tmp_path: Path, block: str) -> None:
    with (
        task(f"{block}.3", good),
        envoy(tmp_path, block, [f"{block}.3"]) as live,
        frames.connected(live.address) as connection,
    ):
        connection.sendall(
            frames.headers_frame(1, (*frames.REQUEST, NEWLINE))
            + frames.headers_frame(3, frames.REQUEST)
            + frames.frame(frames.DATA, 3, frames.GRPC_MESSAGE, frames.END_STREAM)
        )
        ends: dict[int, int] = {}
        for frame in frames.received(connection):
            if frame.kind == frames.RST_STREAM or (frame.flags & frames.END_STREAM and frame.stream):
                ends[frame.stream] = frame.kind
            if 3 in ends:
                break
        assert ends == {1: frames.RST_STREAM, 3: frames.HEADERS}


class Newliner(threading.Thread):
    """A task that answers its last call with a newline in a header, and then the others well."""

    def __init__(self, address: str) -> None:
        super().__init__(daemon=True)
        self._socket = socket.create_server((address, 50051))
        self.start()

    def run(self) -> None:
        connection, _ = self._socket.accept()
        with self._socket, connection:
            connection.sendall(frames.frame(frames.SETTINGS))
            connection.recv(len(frames.PREFACE), socket.MSG_WAITALL)
            waiting: list[int] = []
            for frame in frames.received(connection):
                if frame.kind == frames.SETTINGS and not frame.flags & frames.ACK:
                    connection.sendall(frames.frame(frames.SETTINGS, flags=frames.ACK))
                if frame.kind == frames.HEADERS:
                    waiting.append(frame.stream)
                    if len(waiting) == OTHERS + 1:
                        connection.sendall(_answers(waiting))


def _answers(streams: list[int]) -> bytes:
    *others, bad = streams
    answers = [frames.headers_frame(bad, (*frames.RESPONSE, NEWLINE))]
    for stream in others:
        answers.append(frames.headers_frame(stream, frames.RESPONSE))
        answers.append(frames.frame(frames.DATA, stream, frames.GRPC_MESSAGE))
        answers.append(frames.headers_frame(stream, ((b"grpc-status", b"0"),), last=True))
    return b"".join(answers)


def test_a_newline_from_a_task_ends_its_call_alone(tmp_path: Path, block: str) -> None:
    Newliner(f"{block}.3")
    with (
        envoy(tmp_path, block, [f"{block}.3"], health_check="none") as live,
        channel_to(live) as channel,
    ):
        stub: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(GET)
        calls = [stub.future(b"") for _ in range(OTHERS + 1)]
        ended = [call.exception() for call in calls]
    assert sorted(error is None for error in ended) == [False, *[True] * OTHERS]
