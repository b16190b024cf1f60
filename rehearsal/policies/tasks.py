"""Stand-in tasks that do what a call asks for, attempt by attempt, and note what they begin."""

import threading
import time
from collections.abc import Iterator, Sequence
from concurrent import futures
from contextlib import ExitStack
from dataclasses import dataclass, field
from types import TracebackType

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

WORKERS = 64
LONGEST_SECONDS = 60.0
"""A task that waits gives up after this time; a call that somebody ends is noticed at once."""


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """What a task does with an attempt of a call.

    Attributes:
        fails: The gRPC status that it answers, such as UNAVAILABLE; None for an answer.
        pause: Seconds until it answers.
        waits: Whether it waits until somebody ends the call.

    """

    fails: str | None = None
    pause: float = 0
    waits: bool = False


@dataclass(frozen=True, kw_only=True)
class Begun:
    """An attempt that a task has begun."""

    call: str
    service: str
    task: str
    metadata: dict[str, str] = field(default_factory=dict[str, str])


class Tasks:
    """The tasks of several services on loopback, in this process; leaving the context ends them.

    Attributes:
        scripts: What the attempts of a call do, by the call's name; attempts beyond it answer at once.
        always: What a task does with every call, by its address; it comes before `scripts`.

    """

    def __init__(self) -> None:
        self.scripts: dict[str, Sequence[Attempt]] = {}
        self.always: dict[str, Attempt] = {}
        self._begun: list[Begun] = []
        self._numbers: dict[tuple[str, str], int] = {}
        self._lock = threading.Lock()
        self._stack = ExitStack()
        self._health: dict[str, health.HealthServicer] = {}

    def __enter__(self) -> "Tasks":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def start(self, service: str, address: str, ports: set[int]) -> None:
        """Start a task of `service` that listens at `address`."""
        server = grpc.server(
            futures.ThreadPoolExecutor(WORKERS), options=[("grpc.max_receive_message_length", -1)]
        )
        servicer = health.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
        server.add_generic_rpc_handlers((_EveryMethod(self, service, address),))
        for port in ports:
            server.add_insecure_port(f"{address}:{port}")
        server.start()
        self._health[address] = servicer
        self._stack.callback(lambda: server.stop(None).wait())

    def set_health(self, address: str, names: Sequence[str], *, serving: bool) -> None:
        """Let a task say by grpc.health.v1 whether it serves `names`."""
        status = health_pb2.HealthCheckResponse.ServingStatus
        for name in ("", *names):
            self._health[address].set(name, status.Value("SERVING" if serving else "NOT_SERVING"))

    def begin(self, begun: Begun) -> Attempt:
        """Note an attempt, and return what the task does with it."""
        with self._lock:
            self._begun.append(begun)
            key = (begun.call, begun.service)
            number = self._numbers[key] = self._numbers.get(key, -1) + 1
        script = self.scripts.get(begun.call, ())
        return self.always.get(begun.task) or (script[number] if number < len(script) else Attempt())

    def begun(self, prefix: str) -> list[Begun]:
        """Return the attempts that tasks have begun of calls whose name starts with `prefix`."""
        with self._lock:
            return [begun for begun in self._begun if begun.call.startswith(prefix)]


class _EveryMethod(grpc.GenericRpcHandler):
    """Answers every method alike, but for grpc.health.v1's own."""

    def __init__(self, tasks: Tasks, service: str, address: str) -> None:
        self._tasks, self._service, self._address = tasks, service, address

    def service(
        self, handler_call_details: grpc.HandlerCallDetails
    ) -> "grpc.RpcMethodHandler[bytes, bytes] | None":
        if handler_call_details.method.startswith("/grpc."):
            return None
        return grpc.unary_stream_rpc_method_handler(self._answer)

    def _answer(self, _request: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
        metadata = {str(key): str(value) for key, value in context.invocation_metadata() or ()}
        call = metadata.get("rehearsal-call", "")
        begun = Begun(call=call, service=self._service, task=self._address, metadata=metadata)
        what = self._tasks.begin(begun)
        if what.waits:
            ended = threading.Event()
            if context.add_callback(ended.set):
                ended.wait(LONGEST_SECONDS)
        time.sleep(what.pause)
        if what.fails:
            context.abort(grpc.StatusCode[what.fails], "as the rehearsal asked")
        yield self._address.encode()
