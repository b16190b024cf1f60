"""A stand-in for Cloud Map and SQS with TLS: the emulator would take minutes to list 10,000 tasks."""

import json
import ssl
import subprocess
import threading
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast

CLUSTER = "bench"
ZONES = ("eu-west-1a", "eu-west-1b")


class Account(ThreadingHTTPServer):
    """Lists `services` of `tasks` tasks each, and has a queue; it answers on a port of `address`.

    Attributes:
        url: Where it answers.
        certificate: The file with its certificate, for `SSL_CERT_FILE`.
        calls: How often each operation was called.

    """

    daemon_threads = True
    request_queue_size = 64

    def __init__(
        self, address: str, folder: Path, services: int, tasks: int, *, proxies: tuple[str, ...]
    ) -> None:
        super().__init__((address, 0), _Handler)
        self.certificate, key = folder / "certificate.pem", folder / "key.pem"
        command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
        names = ["-subj", "/CN=bench", "-addext", f"subjectAltName=IP:{address}"]
        files = ["-keyout", str(key), "-out", str(self.certificate)]
        subprocess.run([*command.split(), *names, *files], check=True, capture_output=True)
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(self.certificate, key)
        self.url = f"https://{address}:{self.server_port}"
        self.calls: dict[str, int] = {}
        self.queue_is_cut_off = False
        self._lists = {
            f"service{number}": [_instance(number, task) for task in range(tasks)]
            for number in range(services)
        }
        self._lists["grpc"] = [_proxy(address) for address in proxies]
        self._revisions = dict.fromkeys(self._lists, 1)
        self._messages: list[str] = []
        self._changed = threading.Condition()
        self._encoded: dict[str, bytes] = {}
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def finish_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401
        """Speak TLS, in the thread of the connection."""
        super().finish_request(self._tls.wrap_socket(request, server_side=True), client_address)  # pyright: ignore

    def handle_error(self, request: object, client_address: object) -> None:
        """Log nothing when the sidecar ends."""

    def change(self, service: str) -> str:
        """Replace a task of `service`; return the address of the new one."""
        number = int(service.removeprefix("service"))
        with self._changed:
            self._revisions[service] += 1
            new = _instance(number, 100 + self._revisions[service] % 100)
            self._lists[service] = [*self._lists[service][1:], new]
            self._encoded.pop(service, None)
        return str(new["Attributes"]["AWS_INSTANCE_IPV4"])

    def event(self, service: str) -> None:
        """Put an event of `service` into the queue."""
        with self._changed:
            self._messages.append(json.dumps({"detail": {"group": f"service:ecs-{service}"}}))
            self._changed.notify_all()

    def answer(self, operation: str, asked: Mapping[str, Any]) -> bytes | None:
        """Return the answer to a call; None for none."""
        with self._changed:
            self.calls[operation] = self.calls.get(operation, 0) + 1
            if operation == "GetNamespace":
                return b'{"Namespace":{"Properties":{"HttpProperties":{"HttpName":"bench.local"}}}}'
            if operation == "DiscoverInstancesRevision":
                return json.dumps({"InstancesRevision": self._revisions[asked["ServiceName"]]}).encode()
            if operation == "DiscoverInstances":
                return self._list(asked["ServiceName"])
            if self.queue_is_cut_off:
                return None
            return self._received(asked) if operation == "ReceiveMessage" else b"{}"

    def _list(self, service: str) -> bytes:
        if service not in self._encoded:
            values = {"Instances": self._lists[service], "InstancesRevision": self._revisions[service]}
            self._encoded[service] = json.dumps(values).encode()
        return self._encoded[service]

    def _received(self, asked: Mapping[str, Any]) -> bytes:
        end = time.monotonic() + asked["WaitTimeSeconds"]
        while not self._messages and (left := end - time.monotonic()) > 0 and not self.queue_is_cut_off:
            self._changed.wait(left)
        taken, self._messages = self._messages[:10], self._messages[10:]
        messages = [{"ReceiptHandle": str(n), "MessageId": str(n), "Body": b} for n, b in enumerate(taken)]
        return json.dumps({"Messages": messages} if messages else {}).encode()

    def cut_queue_off(self) -> None:
        """Answer no call to the queue any more, and end the one that waits."""
        with self._changed:
            self.queue_is_cut_off = True
            self._changed.notify_all()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:  # the standard library's name
        operation = self.headers["X-Amz-Target"].rpartition(".")[2]
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        body = cast("Account", self.server).answer(operation, asked)
        if body is None:
            self.close_connection = True
            return
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the standard library's name
        """Log nothing."""


def _proxy(address: str) -> dict[str, Any]:
    instance = _instance(0, 0)
    names = {"AWS_INSTANCE_IPV4": address, "ECS_SERVICE_NAME": "grpc"}
    return {**instance, "Attributes": {**instance["Attributes"], **names}}


def _instance(service: int, task: int) -> dict[str, Any]:
    """Return an instance with the attributes that ECS gives it, in AWS's length."""
    return {
        "InstanceId": f"{service:016x}{task:016x}",
        "NamespaceName": "bench.local",
        "ServiceName": f"service{service}",
        "HealthStatus": "UNKNOWN",
        "Attributes": {
            "AVAILABILITY_ZONE": ZONES[task % 2],
            "AWS_INSTANCE_IPV4": f"10.{service // 250 + 1}.{service % 250}.{task + 1}",
            "ECS_CLUSTER_NAME": CLUSTER,
            "ECS_SERVICE_NAME": f"ecs-service{service}",
            "ECS_TASK_DEFINITION_FAMILY": f"service{service}",
            "REGION": "eu-west-1",
        },
    }
