"""A stub of Cloud Map's API, for answers that the emulator cannot give: its faults."""

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

Answer = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each answer waits 40 ms for the client's ACK of its headers

    def do_POST(self) -> None:
        stub = cast("Stub", self.server)
        self.asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.operation = self.headers["X-Amz-Target"].rpartition(".")[2]
        stub.asked.append((self.operation, self.asked))
        stub.answers.get(self.operation, stub.name)(self)

    def send(self, body: bytes, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the standard library's name
        pass


class Stub(ThreadingHTTPServer):
    """Answers each operation with `answers[operation]`, and records the requests in `asked`."""

    daemon_threads = True

    def __init__(self, address: str) -> None:
        super().__init__((address, 0), Handler)
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.answers: dict[str, Answer] = {}
        self.name = always(
            {"Namespace": {"Properties": {"HttpProperties": {"HttpName": "learning.local-1a2b"}}}}
        )
        self.url = f"http://{address}:{self.server_port}"
        self.closing = threading.Event()
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self.closing.set()
        self.shutdown()
        self.server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        pass  # in many of these tests the client gives up

    def lists(self, *addresses: str, revision: int = 1, port: int | None = None) -> None:
        """Answer as Cloud Map does, with an instance for each address."""
        own = {"AWS_INSTANCE_PORT": str(port)} if port else {}
        instances = [
            {"InstanceId": address, "Attributes": {"AWS_INSTANCE_IPV4": address, **own}}
            for address in addresses
        ]
        self.answers = {
            "DiscoverInstancesRevision": always({"InstancesRevision": revision}),
            "DiscoverInstances": always({"Instances": instances, "InstancesRevision": revision}),
        }

    def fails(self, answer: Answer) -> None:
        """Answer every operation with `answer`."""
        self.answers = {"DiscoverInstancesRevision": answer, "DiscoverInstances": answer}

    def count(self, operation: str) -> int:
        return sum(asked == operation for asked, _ in list(self.asked))


def always(values: dict[str, Any], status: int = 200) -> Answer:
    return lambda handler: handler.send(json.dumps(values).encode(), status)


def raw(body: bytes, status: int = 200) -> Answer:
    return lambda handler: handler.send(body, status)


def error(code: str, status: int = 400) -> Answer:
    return always({"__type": f"com.amazonaws.servicediscovery#{code}", "message": "no"}, status)


def silent(handler: Handler) -> None:
    """Take the request and never answer."""
    cast("Stub", handler.server).closing.wait()


def dripping(handler: Handler) -> None:
    """Send a byte now and then: no single wait is long."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    while not cast("Stub", handler.server).closing.wait(0.05):
        handler.wfile.write(b" ")


def hanging_up(handler: Handler) -> None:
    handler.close_connection = True
    handler.connection.close()
