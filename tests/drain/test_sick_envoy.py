"""The drain container's script with an Envoy that is slow, hangs or dies: it does not end too soon."""

import http.server
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.drain.drains import GONE, WHOLE, draining
from tests.envoy_config.live_envoy.rig import envoy
from tests.waiting import until

pytestmark = pytest.mark.process

Answer = Callable[["_Handler", int], None]


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    seen: Counter[str]
    answer: Answer

    def do_GET(self) -> None:
        self.seen[self.path] += 1
        type(self).answer(self, self.seen[self.path])
        self.close_connection = True

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, format: str, *_: object) -> None:  # noqa: A002
        pass


@contextmanager
def admin(block: str, answer: Answer) -> Generator[Counter[str]]:
    """Run an admin interface that answers by `answer`, which gets how often the path was asked for."""
    seen: Counter[str] = Counter()
    handler = type("Handler", (_Handler,), {"answer": staticmethod(answer), "seen": seen})
    with http.server.ThreadingHTTPServer((f"{block}.1", 9901), handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield seen
        finally:
            server.shutdown()
            thread.join()


def fine(request: _Handler) -> None:
    body = b"http.grpc.downstream_rq_active: 0\n"
    request.send_response(200)
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)


def late(request: _Handler) -> None:
    time.sleep(2.5)
    with suppress(OSError):
        fine(request)


def endless(request: _Handler) -> None:
    request.send_response(200)
    request.end_headers()
    with suppress(OSError):
        while True:
            request.wfile.write(b"more\n")
            time.sleep(0.5)


def closes(_: _Handler) -> None:
    pass


def garbage(request: _Handler) -> None:
    request.wfile.write(b"\0\xff garbage\r\n\r\n")


def refuses(request: _Handler) -> None:
    request.send_error(503)


@pytest.mark.parametrize("first", [late, endless, closes, garbage, refuses])
def test_an_answer_that_is_late_or_wrong_is_asked_for_again(
    first: Callable[[_Handler], None], tmp_path: Path, block: str
) -> None:
    with (
        admin(block, lambda request, number: first(request) if number == 1 else fine(request)) as seen,
        draining(tmp_path, f"{block}.1", DRAIN_SECONDS=60) as drain,
    ):
        drain.stop()
        assert drain.ended() == 0
        assert drain.messages() == WHOLE
        assert all(seen[path] > 1 for path in ("/server_info", "/healthcheck/fail", "/drain_listeners"))


@pytest.mark.parametrize(
    ("sent", "step"),
    [
        pytest.param(signal.SIGKILL, 0, id="dead before the stop"),
        pytest.param(signal.SIGKILL, 1, id="dies while it serves on"),
        pytest.param(signal.SIGKILL, 2, id="dies after its GOAWAYs"),
        pytest.param(signal.SIGSTOP, 0, id="hangs before the stop"),
        pytest.param(signal.SIGSTOP, 2, id="hangs after its GOAWAYs"),
    ],
)
def test_the_task_ends_if_envoy_does_not_answer_any_more(
    sent: signal.Signals, step: int, tmp_path: Path, block: str
) -> None:
    long = "LOOK_UP_SECONDS" if step == 2 else "SERVE_ON_SECONDS"
    with envoy(tmp_path, block, []) as live, draining(tmp_path, f"{block}.1", **{long: 10}) as drain:
        if step:
            drain.stop()
            until(lambda: len(drain.messages()) == step)
        live.process.send_signal(sent)
        drain.stop()
        assert drain.ended() == 0
        assert len(drain.messages()) == step + 1
        assert drain.messages()[-1] == GONE


def test_the_log_says_if_the_number_of_cut_calls_is_unknown(tmp_path: Path, block: str) -> None:
    def answer(request: _Handler, _: int) -> None:
        refuses(request) if request.path.startswith("/stats") else fine(request)

    with admin(block, answer), draining(tmp_path, f"{block}.1") as drain:
        drain.stop()
        assert drain.ended() == 0
        assert drain.messages() == [
            *WHOLE[:2],
            WHOLE[2].replace("60", "1"),
            "Envoy may end: unknown open calls are cut",
        ]
