"""The sidecar's HTTP server: `/ready` for ECS, `/metrics` for a scraper, the rest for the other sidecars."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast

from discovery.events import peers
from discovery.sidecar import Sidecar

REQUEST_SECONDS = 2.0
"""How long to wait for the request of a client that has connected."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    sidecar: Sidecar

    def handle_error(self, request: object, client_address: object) -> None:
        """Log nothing when a client hangs up: ECS's health check reads only the first line."""


class _Handler(BaseHTTPRequestHandler):
    timeout = REQUEST_SECONDS

    def do_GET(self) -> None:  # the standard library's name
        sidecar = cast("_Server", self.server).sidecar
        if self.path == "/ready":
            waiting = (
                "" if sidecar.ready.is_set() else f"waiting for {', '.join(sidecar.waiting) or 'files'}\n"
            )
            self._answer(503 if waiting else 200, "text/plain", (waiting or "ready\n").encode())
        elif self.path == "/metrics":
            self._answer(200, "text/plain; version=1.0.0; charset=utf-8", sidecar.metrics.text())
        elif self.path == "/load":
            self._answer(200, "application/json", sidecar.report().to_json())
        else:
            self._answer(404, "text/plain", b"give /ready, /metrics or /load\n")

    def do_POST(self) -> None:  # the standard library's name
        """Take the names of ECS services that change, from a sidecar that has heard of them."""
        length = self.headers.get("Content-Length", "")
        if self.path != peers.PATH or not length.isdecimal() or int(length) > peers.MAX_BYTES:
            self._answer(404, "text/plain", f"give {peers.PATH} a list of names\n".encode())
            return
        try:
            names = peers.told(self.rfile.read(int(length)))
        except (ValueError, RecursionError):
            self._answer(400, "text/plain", b"give a list of names as JSON\n")
            return
        cast("_Server", self.server).sidecar.told(names)
        self._answer(200, "text/plain", b"")

    def _answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the standard library's name
        """Log nothing: ECS asks every few seconds."""


def serve(sidecar: Sidecar, address: str, port: int) -> None:
    """Serve the state of `sidecar` from a new thread.

    Raises:
        OSError: The port is taken.

    """
    server = _Server((address, port), _Handler)
    server.sidecar = sidecar
    threading.Thread(target=server.serve_forever, name="http", daemon=True).start()
