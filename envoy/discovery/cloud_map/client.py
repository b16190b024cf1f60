"""The three calls of Cloud Map's API that discovery needs.

botocore signs them, and they reuse connections. A boto3 client does the same for three times the CPU
(`bench/discovery.md`), and the proxy's task has only a quarter of a CPU.
"""

import json
import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection, RemoteDisconnected
from typing import Literal, Protocol, cast
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import ContainerProvider, CredentialResolver, EnvProvider, ReadOnlyCredentials
from botocore.exceptions import BotoCoreError

from discovery.cloud_map.error import CloudMapError
from discovery.cloud_map.once_known import OnceKnown

PACKET_SECONDS, CALL_SECONDS = 2.0, 5.0
"""Time limits to connect or to read one packet, and for the whole answer. A slower API counts as down."""

log = logging.getLogger("discovery")

MAX_ANSWER_BYTES = 4 * 1024 * 1024
"""An answer with 1,000 instances has about 700 KB."""

MAX_INSTANCES = 1000
"""The largest `MaxResults` that Cloud Map allows. Its default is 100, and DiscoverInstances has no pages."""

THROTTLED = ("RequestLimitExceeded", "Throttling", "TooManyRequests", "SlowDown")
DENIED = ("AccessDenied", "NotAuthorized", "UnauthorizedOperation")

Instance = Mapping[str, object]

Health = Literal["ALL", "HEALTHY_OR_ELSE_ALL"]
"""
Which instances to list. `ALL`: every one, whatever Cloud Map says of its health, which it shows 30 s late
("HealthCheckCustomConfig"). `HEALTHY_OR_ELSE_ALL`: the healthy ones, or all of them if none is healthy.
"""


@dataclass(frozen=True)
class Discovered:
    """An answer of DiscoverInstances; `revision` is None if the answer has none."""

    instances: list[Instance]
    revision: int | None


class _PerThread(threading.local):
    connection: HTTPConnection | None = None


class _Credentials(Protocol):
    def get_frozen_credentials(self) -> ReadOnlyCredentials: ...


class CloudMap:
    """Cloud Map's API, for one namespace. Each thread that calls it keeps its own connection.

    Args:
        endpoint: The URL of the data plane, which discovers instances.
        control_endpoint: The URL of the control plane, which knows namespaces.
        region: The AWS region, for the signature.
        namespace: The namespace's id.

    """

    def __init__(self, *, endpoint: str, control_endpoint: str, region: str, namespace: str) -> None:
        self._endpoint = endpoint.rstrip("/") + "/"
        self._control_endpoint = control_endpoint.rstrip("/") + "/"
        self._region = region
        self._namespace = namespace
        self._http_name = OnceKnown(self._ask_http_name)
        self._per_thread = _PerThread()
        self._resolved: _Credentials | None = None

    def revision(self, service: str) -> int:
        """Return the revision of the list of `service`; each registration changes it.

        Raises:
            CloudMapError: There is no usable answer.

        """
        answer = self._discover("DiscoverInstancesRevision", {"ServiceName": service})
        return _revision(service, answer.get("InstancesRevision"))

    def instances(self, service: str, health: Health) -> Discovered:
        """Return the instances of `service` that `health` asks for.

        Raises:
            CloudMapError: There is no usable answer.

        """
        parameters = {
            "ServiceName": service,
            "HealthStatus": health,
            "MaxResults": MAX_INSTANCES,
        }
        answer = self._discover("DiscoverInstances", parameters)
        instances, revision = answer.get("Instances"), answer.get("InstancesRevision")
        if not isinstance(instances, list):
            kind = type(instances).__name__
            raise CloudMapError("malformed", f"{service}: Instances is of type {kind}, not a list")
        listed = cast("list[object]", instances)
        if not all(isinstance(instance, dict) for instance in listed):
            raise CloudMapError("malformed", f"{service}: an instance is not a JSON object")
        # The API reference says that the revision is optional. If it is there, it has to be a number.
        number = None if revision is None else _revision(service, revision)
        return Discovered(cast("list[Instance]", listed), number)

    def close(self) -> None:
        """Close this thread's connection."""
        if self._per_thread.connection:
            self._per_thread.connection.close()
            self._per_thread.connection = None

    def _discover(self, operation: str, parameters: Mapping[str, object]) -> dict[str, object]:
        named = {"NamespaceName": self._http_name.get(), **parameters}
        return self._call(self._endpoint, operation, named)

    def _ask_http_name(self) -> str:
        """Return the namespace's HttpName, which the data plane takes for its name.

        It is the DNS name, or that with a hash if the account has used the DNS name before in the region
        (API reference: DiscoverInstances, NamespaceName). With the DNS name alone we could find the tasks
        of another environment.
        """
        answer = self._call(self._control_endpoint, "GetNamespace", {"Id": self._namespace})
        try:
            namespace = cast("dict[str, dict[str, dict[str, object]]]", answer["Namespace"])
            name = namespace["Properties"]["HttpProperties"]["HttpName"]
        except (KeyError, TypeError):
            name = None
        if not isinstance(name, str) or not name:
            raise CloudMapError("malformed", f"GetNamespace: {self._namespace} has no HttpName")
        log.info("the namespace is known", extra={"namespace": self._namespace, "http_name": name})
        return name

    def _call(self, url: str, operation: str, parameters: Mapping[str, object]) -> dict[str, object]:
        body = json.dumps(parameters).encode()
        request = AWSRequest(
            method="POST",
            url=url,
            data=body,
            headers={
                "Content-Type": "application/x-amz-json-1.1",
                "X-Amz-Target": f"Route53AutoNaming_v20170314.{operation}",
            },
        )
        try:
            credentials = self._credentials().get_frozen_credentials()
            SigV4Auth(credentials, "servicediscovery", self._region).add_auth(request)  # pyright: ignore[reportArgumentType]
        except (BotoCoreError, ValueError, KeyError, TypeError) as error:
            raise CloudMapError("credentials", f"no credentials: {error}") from None
        try:
            status, answer = self._send(url, dict(request.headers.items()), body)
        except (HTTPException, OSError) as error:
            raise CloudMapError("unreachable", f"{operation}: {error or type(error).__name__}") from None
        return _answer(operation, status, answer)

    def _send(self, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        open_connection = self._per_thread.connection
        if open_connection is not None and url == self._endpoint:
            try:
                return self._exchange(open_connection, headers, body)
            except (RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                pass  # the API closed it while it was idle
        parts = urlsplit(url)
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=PACKET_SECONDS)
        answer = self._exchange(connection, headers, body)
        if url != self._endpoint:
            self.close()  # the control plane is asked only once
        return answer

    def _exchange(
        self, connection: HTTPConnection, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, bytes]:
        """Send a request; return the answer's status and body. Keep the connection if nothing failed."""
        self._per_thread.connection = None
        end = time.monotonic() + CALL_SECONDS
        try:
            connection.request("POST", "/", body=body, headers=headers)
            response = connection.getresponse()
            read = bytearray()
            # One packet at a time: the socket's timeout starts again with every byte, so an API that sends
            # one byte now and then would never run into it.
            while part := response.read1(65536):
                read += part
                if time.monotonic() > end:
                    raise TimeoutError(f"the answer is not complete after {CALL_SECONDS:.0f} s")
                if len(read) > MAX_ANSWER_BYTES:
                    raise OSError(f"the answer has more than {MAX_ANSWER_BYTES} bytes")
            response.read()  # nothing is left to read, but this call marks the response as read to its end
        except BaseException:
            connection.close()
            raise
        if not response.will_close:
            self._per_thread.connection = connection
        return response.status, bytes(read)

    def _credentials(self) -> _Credentials:
        if self._resolved is None:
            # A task on Fargate has no other source. Looking for profiles and instance metadata costs seconds.
            found = CredentialResolver([EnvProvider(), ContainerProvider()]).load_credentials()
            if found is None:
                raise CloudMapError("credentials", "no credentials: the task has no role")
            self._resolved = cast("_Credentials", found)
        return self._resolved


def _revision(service: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise CloudMapError("malformed", f"{service}: InstancesRevision is {value!r}, not a number")
    return value


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
        raise CloudMapError("throttled", f"{operation}: {code or status}")
    if status == 200:
        raise CloudMapError("malformed", f"{operation}: the answer is not a JSON object")
    message = (values or {}).get("message") or (values or {}).get("Message", "")
    is_denied = any(name in code for name in DENIED)
    raise CloudMapError("refused", f"{operation}: {status} {code} {message}".strip(), is_denied=is_denied)
