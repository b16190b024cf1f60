"""Serves to containers what ECS serves to them: metadata of tasks, the role's credentials, its own API."""

import json
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

from rehearsal.account.aws import SECRET, Aws
from rehearsal.agent.listed_tasks import Answer


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    zones: dict[str, str]
    account: str
    ecs: Answer | None


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:  # the standard library's name
        server = cast("_Server", self.server)
        parts = self.path.strip("/").split("/")
        if self.path == "/credentials":
            self._answer(_credentials(server.account))
        elif len(parts) == 3 and parts[0] == "v4" and parts[2] == "task" and parts[1] in server.zones:
            self._answer({"TaskARN": parts[1], "AvailabilityZone": server.zones[parts[1]]})
        else:
            self.send_error(404)

    def do_POST(self) -> None:
        """Answer a call of ECS's API."""
        server, operation = cast("_Server", self.server), self.headers["X-Amz-Target"].rpartition(".")[2]
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answer = server.ecs(operation, asked) if server.ecs else None
        if answer is None:
            self.send_error(404)
        else:
            self._answer(answer)

    def _answer(self, values: dict[str, Any]) -> None:
        body = json.dumps(values).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the standard library's name
        """Log nothing."""


def _credentials(account: str) -> dict[str, str]:
    expiration = datetime.now(UTC) + timedelta(hours=6)
    return {
        "AccessKeyId": account,
        "SecretAccessKey": SECRET,
        "Token": "rehearsal",
        "Expiration": expiration.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


class TaskMetadata:
    """Serves the tasks of a rehearsal; leaving the context ends it.

    Args:
        aws: The account whose credentials it serves.
        address: The loopback address to bind, at a free port.
        ecs: Answers the calls of ECS's API that containers make; by default the emulator does.

    """

    def __init__(self, aws: Aws, address: str, ecs: Answer | None = None) -> None:
        self._aws = aws
        self._server = _Server((address, 0), _Handler)
        self._server.zones, self._server.account, self._server.ecs = {}, aws.account, ecs
        self._url = f"http://{address}:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> "TaskMetadata":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def environment(self, task: str, zone: str) -> dict[str, str]:
        """Return the environment variables that ECS gives to the containers of `task` in `zone`."""
        self._server.zones[task] = zone
        return {
            "ECS_CONTAINER_METADATA_URI_V4": f"{self._url}/v4/{task}",
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{self._url}/credentials",
            "AWS_REGION": self._aws.region,
            "AWS_ENDPOINT_URL": self._aws.endpoint,
            **({"AWS_ENDPOINT_URL_ECS": self._url} if self._server.ecs else {}),
        }
