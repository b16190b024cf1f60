"""The real Envoy under more than it can hold: memory and connections."""

import socket
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import grpc
import pytest

from bench.abuse import frames
from envoy_config import Metrics
from envoy_config.http2 import DOWNSTREAM_STREAM_WINDOW_BYTES
from tests.envoy_config.live_envoy.rig import PROXY, Live, call, channel_to, envoy, task
from tests.waiting import FOREVER, until

GET = "/learning.v1.Lessons/Get"
MIB = 1024 * 1024
CHUNK = 16_384


def good(_request: bytes, _context: grpc.ServicerContext) -> Iterator[bytes]:
    yield b""


class DeafTask(threading.Thread):
    """A task that takes every connection and every byte of it, but opens no window and answers nothing."""

    def __init__(self, address: str) -> None:
        super().__init__(daemon=True)
        self._server = socket.create_server((address, 50051), backlog=100)
        self.start()

    def run(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            threading.Thread(target=self._take, args=(connection,), daemon=True).start()

    def _take(self, connection: socket.socket) -> None:
        with connection:
            connection.sendall(
                frames.frame(frames.SETTINGS) + frames.frame(frames.SETTINGS, flags=frames.ACK)
            )
            while connection.recv(1 << 16):
                pass

    def close(self) -> None:
        self._server.close()


@dataclass
class Uploads:
    """A client with open uploads, each as large as Envoy lets it be."""

    connection: socket.socket
    count: int
    resets: int = 0

    def send(self, size: int) -> None:
        """Send so many more bytes of each upload."""
        for stream in range(1, 2 * self.count, 2):
            for _ in range(size // CHUNK):
                self.connection.sendall(frames.frame(frames.DATA, stream, bytes(CHUNK)))

    def count_resets(self) -> None:
        for frame in frames.received(self.connection):
            self.resets += frame.kind == frames.RST_STREAM


def uploads(live: Live, count: int) -> Uploads:
    client = Uploads(frames.connected(live.address), count)
    for stream in range(1, 2 * count, 2):
        client.connection.sendall(frames.headers_frame(stream, frames.REQUEST))
    threading.Thread(target=client.count_resets, daemon=True).start()
    return client


def memory_mib(live: Live) -> float:
    """Return the memory of Envoy that the kernel cannot take back, which its container is killed for."""
    status = Path(f"/proc/{live.process.pid}/status").read_text()
    return int(status.split("RssAnon:")[1].split()[0]) / 1024


def test_uploads_that_no_task_reads_end_before_envoy_exceeds_its_memory(tmp_path: Path, block: str) -> None:
    container_mib, each = 256, DOWNSTREAM_STREAM_WINDOW_BYTES
    peak = 0.0
    deaf = DeafTask(f"{block}.3")
    with ExitStack() as stack:
        stack.callback(deaf.close)
        proxy = replace(PROXY, memory_mib=container_mib)
        live = stack.enter_context(envoy(tmp_path, block, [f"{block}.3"], proxy, health_check="none"))
        clients = [uploads(live, 15) for _ in range(20)]
        for client in clients:
            stack.callback(client.connection.close)
        wanted = sum(client.count for client in clients) * each
        assert wanted > 2 * container_mib * MIB
        for _ in range(each // CHUNK // 2):
            for client in clients:
                client.send(2 * CHUNK)
            peak = max(peak, memory_mib(live))
            time.sleep(0.1)  # no more than 94 MiB a second: about what a quarter of a CPU can take
            # Envoy's main thread answers this, and the same thread looks at the heap. So a busy machine, on
            # which that thread has to wait, gets no more bytes meanwhile.
            live.admin("/ready")
        assert live.process.poll() is None
        assert peak < container_mib
        until(lambda: sum(client.resets for client in clients) > 0)


def test_a_client_above_the_limit_of_connections_is_refused_and_counted(tmp_path: Path, block: str) -> None:
    limit = 40
    proxy = replace(PROXY, max_connections=limit, metrics=Metrics())
    with (
        task(f"{block}.3", good),
        envoy(tmp_path, block, [f"{block}.3"], proxy) as live,
        ExitStack() as open_,
    ):
        for _ in range(limit):
            open_.enter_context(frames.connected(live.address))
        until(
            lambda: f'downstream_cx_active{{envoy_http_conn_manager_prefix="grpc"}} {limit}\n' in scrape(live)
        )
        with pytest.raises(grpc.RpcError) as refused:
            call(live, GET)
        assert refused.value.code() is grpc.StatusCode.UNAVAILABLE
        refusals = metric(live, 'connection_limit_limited_connections{envoy_connection_limit_prefix="grpc"}')
        assert refusals >= 1
        # In percent, and above the alarm's threshold; Envoy reads the monitor every 250 ms.
        pressure = "overload_envoy_resource_monitors_global_downstream_max_connections_pressure{}"
        until(lambda: 95 <= metric(live, pressure) <= 100)
        assert "LIVE" in live.admin("/ready")  # ECS must not replace it, with all its clients
        open_.close()
        with channel_to(live) as channel:
            stub: grpc.UnaryStreamMultiCallable[bytes, bytes] = channel.unary_stream(GET)
            assert list(stub(b"", wait_for_ready=True)) == [b""]


def scrape(live: Live) -> str:
    with urllib.request.urlopen(f"http://{live.address}:9903/stats/prometheus", timeout=FOREVER) as response:
        return response.read().decode()


def metric(live: Live, series: str) -> float:
    (line,) = (line for line in scrape(live).splitlines() if line.startswith(f"envoy_{series} "))
    return float(line.split()[-1])
