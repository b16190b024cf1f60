"""The process of a task whose gRPC server runs in `task_host.py`: a script, which starts in some 30 ms.

Its arguments are the host's socket, seconds to serve on after SIGTERM, CPU milliseconds for each call, the
task's address and port, and its proto services. To the ECS agent it is like `grpc_task.py`.
"""

import json
import os
import signal
import socket
import sys
import threading
import time
from typing import TextIO


def main() -> int:
    """Serve until SIGTERM and some seconds more; return 1 if the host cannot serve the task, or ends."""
    host, serve_on, work_ms, address, port, *grpc_services = sys.argv[1:]
    signals = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    settings = {
        "address": address,
        "port": int(port),
        "grpc_services": grpc_services,
        "work": float(work_ms) / 1000,
    }
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(host)
            connection.sendall(f"{json.dumps(settings)}\n".encode())
            answers = connection.makefile("r", encoding="utf-8")
            if problem := answers.readline().strip():
                print(problem, file=sys.stderr)
                return 1
            threading.Thread(target=_end_with, args=(answers,), daemon=True).start()
            signal.sigwait(signals)
            time.sleep(float(serve_on))
            connection.sendall(b"end open calls\n")
            threading.Event().wait()
    except OSError as error:
        print(f"rehearsal: {host}: {error.strerror}", file=sys.stderr)
    return 1


def _end_with(answers: TextIO) -> None:
    """End with status 0 when the host has stopped the server, and with 1 if the host is gone."""
    os._exit(0 if answers.readline() else 1)


if __name__ == "__main__":
    sys.exit(main())
