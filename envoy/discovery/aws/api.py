"""A JSON API of AWS: botocore signs the calls, and they reuse connections.

A boto3 client does the same for three times the CPU (`bench/discovery.md`), and the proxy's task has only a
quarter of a CPU.
"""

import json
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from http.client import HTTPConnection, HTTPException, HTTPSConnection, RemoteDisconnected
from typing import Protocol, cast
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import ContainerProvider, CredentialResolver, EnvProvider, ReadOnlyCredentials
from botocore.exceptions import BotoCoreError

from discovery.aws.error import AwsError

PACKET_SECONDS, CALL_SECONDS = 2.0, 5.0
"""Time limits to connect or to read one packet, and for the whole answer. A slower API counts as down."""

MAX_ANSWER_BYTES = 4 * 1024 * 1024
"""An answer with 1,000 instances has about 700 KB."""

THROTTLED = ("RequestLimitExceeded", "RequestThrottled", "Throttling", "TooManyRequests", "SlowDown")
DENIED = ("AccessDenied", "NotAuthorized", "UnauthorizedOperation")


@dataclass(frozen=True, kw_only=True)
class Target:
    """An API of AWS.

    Attributes:
        endpoint: Its URL.
        service: Its name in signatures.
        prefix: What its X-Amz-Target header has before the operation.
        region: The AWS region, for the signature.
        json_version: The version of AWS's JSON protocol that it speaks.

    """

    endpoint: str
    service: str
    prefix: str
    region: str
    json_version: str = "1.1"


@cache
def _tls() -> ssl.SSLContext:
    """Return the context of all connections: each one of its own would read all root certificates anew."""
    return ssl.create_default_context()


class _PerThread(threading.local):
    connection: HTTPConnection | None = None


class _Credentials(Protocol):
    def get_frozen_credentials(self) -> ReadOnlyCredentials: ...


class AwsApi:
    """Calls an API of AWS. Each thread that calls it keeps its own connection."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._url = target.endpoint.rstrip("/") + "/"
        self._per_thread = _PerThread()
        self._resolved: _Credentials | None = None

    def call(
        self, operation: str, parameters: Mapping[str, object], *, answers_after: float = 0.0
    ) -> dict[str, object]:
        """Return the answer of `operation`.

        Args:
            operation: Its name in the API reference.
            parameters: Its parameters.
            answers_after: How many seconds the API is asked to wait before it answers.

        Raises:
            AwsError: There is no usable answer.

        """
        body = json.dumps(parameters).encode()
        request = AWSRequest(
            method="POST",
            url=self._url,
            data=body,
            headers={
                "Content-Type": f"application/x-amz-json-{self._target.json_version}",
                "X-Amz-Target": f"{self._target.prefix}.{operation}",
            },
        )
        try:
            credentials = self._credentials().get_frozen_credentials()
            SigV4Auth(credentials, self._target.service, self._target.region).add_auth(request)  # pyright: ignore[reportArgumentType]
        except (BotoCoreError, ValueError, KeyError, TypeError) as error:
            raise AwsError("credentials", f"no credentials: {error}") from None
        try:
            status, answer = self._send(dict(request.headers.items()), body, answers_after)
        except (HTTPException, OSError) as error:
            raise AwsError("unreachable", f"{operation}: {error or type(error).__name__}") from None
        return _answer(operation, status, answer)

    def close(self) -> None:
        """Close this thread's connection."""
        if self._per_thread.connection:
            self._per_thread.connection.close()
            self._per_thread.connection = None

    def _send(self, headers: Mapping[str, str], body: bytes, answers_after: float) -> tuple[int, bytes]:
        open_connection = self._per_thread.connection
        if open_connection is not None:
            try:
                return self._exchange(open_connection, headers, body, answers_after)
            except (RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                pass  # the API closed it while it was idle
        parts = urlsplit(self._url)
        host = parts.hostname or ""
        connection = (
            HTTPSConnection(host, parts.port, timeout=PACKET_SECONDS, context=_tls())
            if parts.scheme == "https"
            else HTTPConnection(host, parts.port, timeout=PACKET_SECONDS)
        )
        return self._exchange(connection, headers, body, answers_after)

    def _exchange(
        self, connection: HTTPConnection, headers: Mapping[str, str], body: bytes, answers_after: float
    ) -> tuple[int, bytes]:
        """Send a request; return the answer's status and body. Keep the connection if nothing failed."""
        self._per_thread.connection = None
        end = time.monotonic() + answers_after + CALL_SECONDS
        try:
            connection.request("POST", "/", body=body, headers=headers)
            if answers_after:
                connection.sock.settimeout(answers_after + PACKET_SECONDS)
            response = connection.getresponse()
            read = bytearray()
            # One packet at a time: the socket's timeout starts again with every byte, so an API that sends
            # one byte now and then would never run into it.
            while part := response.read1(65536):
                read += part
                if time.monotonic() > end:
                    seconds = answers_after + CALL_SECONDS
                    raise TimeoutError(f"the answer is not complete after {seconds:.0f} s")
                if len(read) > MAX_ANSWER_BYTES:
                    raise OSError(f"the answer has more than {MAX_ANSWER_BYTES} bytes")
            response.read()  # nothing is left to read, but this call marks the response as read to its end
        except BaseException:
            connection.close()
            raise
        if not response.will_close:
            if answers_after:
                connection.sock.settimeout(PACKET_SECONDS)
            self._per_thread.connection = connection
        return response.status, bytes(read)

    def _credentials(self) -> _Credentials:
        if self._resolved is None:
            # A task on Fargate has no other source. Looking for profiles and instance metadata costs seconds.
            found = CredentialResolver([EnvProvider(), ContainerProvider()]).load_credentials()
            if found is None:
                raise AwsError("credentials", "no credentials: the task has no role")
            self._resolved = cast("_Credentials", found)
        return self._resolved


def _answer(operation: str, status: int, body: bytes) -> dict[str, object]:
    try:
        answer: object = json.loads(body)
    except ValueError:
        answer = None
    values = cast("dict[str, object]", answer) if isinstance(answer, dict) else None
    if status == 200 and values is not None:
        return values
    code = str((values or {}).get("__type", "")).rpartition("#")[2]
    if status == 429 or any(name in code for name in THROTTLED):
        raise AwsError("throttled", f"{operation}: {code or status}")
    if status == 200:
        raise AwsError("malformed", f"{operation}: the answer is not a JSON object")
    message = (values or {}).get("message") or (values or {}).get("Message", "")
    is_denied = any(name in code for name in DENIED)
    raise AwsError("refused", f"{operation}: {status} {code} {message}".strip(), is_denied=is_denied)
