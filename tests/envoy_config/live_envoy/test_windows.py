"""The windows that the real Envoy offers: how much each side may send before the other has read it."""

import socket
import struct
from collections.abc import Iterable
from pathlib import Path

import grpc
import pytest

from bench.abuse import frames
from envoy_config.policy.capacity import Connections
from tests.envoy_config.live_envoy.rig import Live, channel_to, envoy
from tests.waiting import FOREVER

INITIAL_WINDOW_SIZE, MAX_HEADER_LIST_SIZE = 4, 6
FIRST_WINDOW = 65_535  # of a connection, until it is raised (RFC 9113, 6.9.2)


def offered(sent: Iterable[frames.Frame]) -> tuple[int, int, int]:
    """Return the window of a stream and of the connection, and the size of headers, that Envoy offers."""
    settings: dict[int, int] = {}
    for frame in sent:
        if frame.kind == frames.SETTINGS and not frame.flags & frames.ACK:
            settings = dict(struct.iter_unpack("!HI", frame.payload))
        if frame.kind == frames.WINDOW_UPDATE and frame.stream == 0:
            more = int.from_bytes(frame.payload, "big")
            return settings[INITIAL_WINDOW_SIZE], FIRST_WINDOW + more, settings.get(MAX_HEADER_LIST_SIZE, 0)
    raise AssertionError("Envoy did not raise the window of the connection")


def test_a_client_may_send_a_message_of_4_mb_in_two_round_trips(tmp_path: Path, block: str) -> None:
    with (
        envoy(tmp_path, block, [f"{block}.3"]) as live,
        frames.connected(live.address) as connection,
    ):
        stream, whole, headers = offered(frames.received(connection))
    assert stream * 2 >= 4_000_000
    assert whole >= 16 * stream, "sixteen requests that nobody reads stop the others"
    assert headers == 256 * 1024


@pytest.mark.parametrize("calls", [10, 100])
def test_a_task_may_answer_all_calls_of_a_connection_before_any_client_reads(
    calls: int, tmp_path: Path, block: str
) -> None:
    with (
        socket.create_server((f"{block}.3", 50051)) as server,
        envoy(
            tmp_path,
            block,
            [f"{block}.3"],
            health_check="none",
            connections=Connections(max_concurrent_streams=calls),
        ) as live,
    ):
        stream, whole, headers = _offered_to(server, live)
    assert stream >= 1024 * 1024, "a response of 4 MB takes more than four round trips"
    assert whole >= calls * stream
    assert headers == 256 * 1024


def _offered_to(server: socket.socket, live: Live) -> tuple[int, int, int]:
    with channel_to(live) as channel:
        stub: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary("/learning.v1.Lessons/Get")
        call = stub.future(b"")
        connection, _ = server.accept()
        with connection:
            connection.settimeout(FOREVER)
            connection.sendall(frames.frame(frames.SETTINGS))
            connection.recv(len(frames.PREFACE), socket.MSG_WAITALL)
            found = offered(frames.received(connection))
        call.cancel()
    return found
