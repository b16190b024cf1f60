"""`python -m rehearsal.load.task_host SOCKET`: the gRPC servers of many tasks in one process.

A Python process with gRPC takes 45 MiB and half a second of CPU to start, too much for each of a hundred
tasks. Each task still has a process of its own, `hosted_task.py`, which asks for its server here and keeps a
connection open. The server lives as long as that connection: if the task's process is killed, its server is
gone, too.
"""

import json
import socketserver
import sys
from contextlib import suppress
from pathlib import Path

from rehearsal.load.grpc_task import DRAIN_SECONDS, serve


class _Task(socketserver.StreamRequestHandler):
    """Serves one task: a line of settings begins it, a second line or the end of the connection ends it."""

    def handle(self) -> None:
        settings = json.loads(self.rfile.readline())
        try:
            server = serve(
                settings["address"], settings["port"], settings["grpc_services"], work=settings["work"]
            )
        except SystemExit as error:
            self._say(str(error))
            return
        self._say("")
        drains = bool(self._next_line())
        server.stop(DRAIN_SECONDS if drains else None).wait()
        self._say("")

    def _next_line(self) -> bytes:
        try:
            return self.rfile.readline()
        except OSError:
            return b""

    def _say(self, problem: str) -> None:
        with suppress(OSError):  # the task's process was killed
            self.wfile.write(f"{problem}\n".encode())


class _Host(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    request_queue_size = 512


def main() -> None:
    """Serve until SIGTERM."""
    path = Path(sys.argv[1])
    with _Host(str(path), _Task) as host:
        host.serve_forever()


if __name__ == "__main__":
    main()
