"""One Envoy before three services: what each task got, and what the client read."""

import threading
from collections.abc import Generator, Mapping, Sequence
from concurrent import futures
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc

from envoy_config import AccessLog, Metrics, Proxy, Service, TrafficPolicy, Upstream
from envoy_config.bootstrap import bootstrap
from envoy_config.rendering import to_json
from rehearsal.account.name_server import Registry
from tests.conftest import random_block
from tests.envoy_config.live_envoy.rig import Live, channel_to, running
from tests.waiting import FOREVER

PROXY = Proxy(name="grpc", access_log=AccessLog(sample_percent=100), metrics=Metrics())
PROTO = {"lessons": "learning.v1.Lessons", "courses": "learning.v1.Courses", "grading": "learning.v1.Grading"}


@dataclass(frozen=True)
class Got:
    """A call that a task got."""

    service: str
    method: str
    metadata: Mapping[str, str]


@dataclass(frozen=True)
class Seen:
    """What the client read."""

    status: str
    message: str
    answer: bytes
    metadata: Mapping[str, str]


@dataclass
class SideServers:
    """The running services and Envoy.

    Attributes:
        got: The calls that tasks got, in their order.
        fails: The services whose tasks answer UNAVAILABLE.
        go: Tasks wait for it before they answer.

    """

    got: list[Got] = field(default_factory=list[Got])
    fails: set[str] = field(default_factory=set[str])
    go: threading.Event = field(default_factory=threading.Event)
    live: Live = field(init=False)
    channel: grpc.Channel = field(init=False)

    def answer(self, service: str, method: str, context: grpc.ServicerContext) -> bytes:
        metadata = {str(key): str(value) for key, value in context.invocation_metadata()}
        self.got.append(Got(service, method, metadata))
        assert self.go.wait(FOREVER)
        if service in self.fails:
            context.abort(grpc.StatusCode.UNAVAILABLE, "the task fails")
        context.send_initial_metadata((("x-inner", "secret"), ("x-kept", "yes")))
        return service.encode()

    def start(self, path: str, metadata: Sequence[tuple[str, str]] = (), request: bytes = b"") -> Any:  # noqa: ANN401  # grpc has no public type for it
        """Begin a call of the method at `path`, such as `learning.v1.Lessons/Get`."""
        stub: grpc.UnaryUnaryMultiCallable[bytes, bytes] = self.channel.unary_unary(f"/{path}")
        return stub.future(request, timeout=FOREVER, metadata=tuple(metadata))

    def call(self, path: str, metadata: Sequence[tuple[str, str]] = (), request: bytes = b"") -> Seen:
        return self.end(self.start(path, metadata, request))

    def flood(self, path: str, calls: int, metadata: Sequence[tuple[str, str]] = ()) -> list[Seen]:
        return [self.end(each) for each in [self.start(path, metadata) for _ in range(calls)]]

    @staticmethod
    def end(begun: Any) -> Seen:  # noqa: ANN401
        """Return what the client of a call reads in the end."""
        error = begun.exception()
        found = [*begun.initial_metadata(), *begun.trailing_metadata()]
        return Seen(
            status=begun.code().name,
            message=begun.details() or "",
            answer=b"" if error else begun.result(),
            metadata={str(key): str(value) for key, value in found},
        )


class _Handler(grpc.GenericRpcHandler):
    def __init__(self, servers: SideServers, service: str) -> None:
        self._servers, self._service = servers, service

    def service(
        self, handler_call_details: grpc.HandlerCallDetails
    ) -> "grpc.RpcMethodHandler[bytes, bytes] | None":
        method = handler_call_details.method.removeprefix("/")

        def answer(request: bytes, context: grpc.ServicerContext) -> bytes:
            del request
            return self._servers.answer(self._service, method, context)

        return grpc.unary_unary_rpc_method_handler(answer)


@contextmanager
def side_servers(folder: Path, policies: Mapping[str, Mapping[str, Any]]) -> Generator[SideServers]:
    """Run Envoy with the policy of each service, and a task of each."""
    servers = SideServers()
    servers.go.set()
    block = random_block()
    with ExitStack() as stack:
        records: dict[str, Registry] = {}
        for number, name in enumerate(PROTO, 3):
            records[f"{name}.test.local"] = Registry([f"{block}.{number}"], 1)
            stack.enter_context(_server(servers, name, f"{block}.{number}"))
        services = [
            Service(
                name=name,
                address=f"{name}.test.local",
                upstream=Upstream(grpc_services=[proto], hosts=[f"{name}.example.com"]),
                policy=TrafficPolicy(**policies.get(name, {})),
                max_tasks=4,
            )
            for name, proto in PROTO.items()
        ]
        text = to_json(bootstrap(PROXY, services))
        servers.live = stack.enter_context(running(folder, block, text, records.get))
        servers.channel = stack.enter_context(channel_to(servers.live))
        yield servers


@contextmanager
def _server(servers: SideServers, service: str, address: str) -> Generator[None]:
    server = grpc.server(futures.ThreadPoolExecutor(16))
    server.add_generic_rpc_handlers((_Handler(servers, service),))
    server.add_insecure_port(f"{address}:50051")
    server.start()
    try:
        yield
    finally:
        servers.go.set()
        server.stop(None).wait()
