"""What becomes of a call at its deadline: its client ends it, and the real Envoy's log and metrics say so."""

import re
import socket
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from bench.abuse import frames
from envoy_config import Metrics
from tests.envoy_config.live_envoy.rig import PROXY, envoy, scrape
from tests.waiting import until


@contextmanager
def hung(address: str) -> Generator[None]:
    """Run a server of HTTP/2 that begins to answer each call, and then hangs."""
    with socket.create_server((address, 50051)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            # Envoy may close the connection before the server has answered the last call.
            with connection, suppress(ConnectionError):
                connection.sendall(
                    frames.frame(frames.SETTINGS) + frames.frame(frames.SETTINGS, flags=frames.ACK)
                )
                connection.recv(len(frames.PREFACE), socket.MSG_WAITALL)
                for frame in frames.received(connection):
                    if frame.kind == frames.HEADERS:
                        connection.sendall(frames.headers_frame(frame.stream, frames.RESPONSE))

        threading.Thread(target=serve, daemon=True).start()
        yield


def test_envoy_ends_no_stream_by_itself_at_its_deadline(tmp_path: Path, block: str) -> None:
    # It could do so only by a reset, which its client would read as INTERNAL if it comes first.
    with (
        hung(f"{block}.3"),
        envoy(tmp_path, block, [f"{block}.3"], health_check="none") as live,
        frames.connected(live.address) as connection,
    ):
        connection.sendall(frames.headers_frame(1, (*frames.REQUEST, (b"grpc-timeout", b"100m"))))
        came = frames.received(connection)
        assert any(frame.kind == frames.HEADERS for frame in came)
        time.sleep(0.5)
        connection.sendall(frames.frame(frames.PING, payload=b"after it"))
        kinds: list[int] = []
        for frame in came:
            kinds.append(frame.kind)
            if frame.kind == frames.PING:
                break
        assert frames.RST_STREAM not in kinds


@pytest.mark.parametrize(
    ("deadline", "left_after", "status"),
    [
        pytest.param("20000000n", 0.02, "DEADLINE_EXCEEDED", id="nanoseconds"),
        pytest.param("299900u", 0.3, "DEADLINE_EXCEEDED", id="microseconds, as grpc-go writes them"),
        pytest.param("300m", 0.3, "DEADLINE_EXCEEDED", id="milliseconds, as grpc-js writes them"),
        pytest.param("1S", 1, "DEADLINE_EXCEEDED", id="seconds, as grpcio writes them"),
        pytest.param("60000000u", 0, "CANCELLED", id="long before, microseconds"),
        pytest.param("60000m", 0, "CANCELLED", id="long before, milliseconds"),
        pytest.param("60S", 0, "CANCELLED", id="long before, seconds"),
        pytest.param("9M", 0, "CANCELLED", id="long before, minutes"),
        pytest.param("99999999H", 0, "CANCELLED", id="long before, hours"),
        pytest.param("soon", 0, "CANCELLED", id="no time"),
        pytest.param("1" * 100 + "m", 0, "CANCELLED", id="a long text"),
    ],
)
def test_a_call_whose_client_leaves_is_late_or_cancelled_whatever_the_unit_of_its_deadline(
    deadline: str, left_after: float, status: str, tmp_path: Path, block: str
) -> None:
    headers = (*frames.REQUEST, (b"grpc-timeout", deadline.encode()))
    with (
        hung(f"{block}.3"),
        envoy(
            tmp_path, block, [f"{block}.3"], replace(PROXY, metrics=Metrics()), health_check="none"
        ) as live,
        frames.connected(live.address) as connection,
    ):
        connection.sendall(frames.headers_frame(1, headers))
        until(lambda: "active: 1\n" in live.admin("/stats?filter=cluster.lessons.upstream_rq_active"))
        time.sleep(left_after)
        connection.sendall(frames.frame(frames.RST_STREAM, 1, (8).to_bytes(4, "big")))
        until(lambda: "envoy_grpc_requests{" in scrape(live))
        counted = re.findall(
            r'^envoy_grpc_requests{.*grpc_status="([^"]*)"} (\d+)$', scrape(live), re.MULTILINE
        )
        (line,) = live.stop()
    assert counted == [(status, "1")]
    assert line["grpc_status"] == status
