"""The other proxy of the benchmark, and the Envoy of the one that is measured: what the sidecar asks them."""

import itertools
import json
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast
from urllib.request import urlopen


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    answer: bytes = b""
    services: int = 0
    counts: "itertools.count[int]"


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:  # the standard library's name
        server = cast("_Server", self.server)
        if self.path.startswith("/stats"):
            count = next(server.counts)
            lines = [f"cluster.service{n}.upstream_rq_total: {count * 20}" for n in range(server.services)]
            self._answer("\n".join(lines).encode())
        else:
            self._answer(server.answer)

    def do_POST(self) -> None:  # the standard library's name
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(b"")

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the standard library's name
        """Log nothing."""


def start_envoy_admin(address: str, services: int) -> None:
    """Serve growing counters of `services` clusters and the task's metadata at port 9901 of `address`."""
    server = _Server((address, 9901), _Handler)
    server.services, server.counts = services, itertools.count()
    server.answer = b'{"AvailabilityZone":"eu-west-1a"}'
    threading.Thread(target=server.serve_forever, daemon=True).start()


def start_peer(address: str, asked: str, services: int) -> None:
    """Serve a report of `services` at port 9902 of `address`, and ask the sidecar at `asked` for its own."""
    server = _Server((address, 9902), _Handler)
    rates = {f"service{number}": 10.0 for number in range(services)}
    server.answer = json.dumps({"zone": "eu-west-1b", "rates": rates}).encode()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    threading.Thread(target=_ask, args=(asked,), daemon=True).start()


def _ask(address: str) -> None:
    while True:
        with suppress(OSError), urlopen(f"http://{address}:9902/load") as answer:
            answer.read()
        time.sleep(2)
