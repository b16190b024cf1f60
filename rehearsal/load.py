"""Real gRPC clients, each with one pinned connection."""

import itertools
import statistics
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent import futures
from dataclasses import dataclass, field

import grpc

from rehearsal.grpc_task import STREAM, STREAM_MESSAGES, UNARY

CONNECTIONS = 6
DEADLINE_SECONDS = 10


@dataclass
class Result:
    """What came of the calls to one service.

    Attributes:
        requests: How many calls each task answered, tasks that got none included.
        errors: How many calls failed, by gRPC status.

    """

    requests: Counter[str]
    errors: Counter[str] = field(default_factory=Counter[str])

    @property
    def cv(self) -> float:
        """The coefficient of variation of the requests by task: 0 is even."""
        counts = list(self.requests.values())
        mean = statistics.fmean(counts)
        return statistics.pstdev(counts) / mean if mean else 0.0

    @property
    def idle(self) -> int:
        """How many tasks got nothing."""
        return sum(count == 0 for count in self.requests.values())


def call(
    target: str,
    grpc_services: Sequence[str],
    tasks: Sequence[str],
    *,
    calls: int,
    progress: Callable[[], object],
) -> Result:
    """Send `calls` calls over each of six connections to `target`, every tenth a server stream.

    Args:
        target: The `address:port` to dial.
        grpc_services: The proto services to call in turn.
        tasks: The tasks that should answer, as they name themselves.
        calls: Calls for each connection.
        progress: Called after each call.

    """
    result = Result(Counter(dict.fromkeys(tasks, 0)))
    stop = threading.Event()
    with futures.ThreadPoolExecutor(CONNECTIONS) as pool:
        running = [
            pool.submit(_client, target, grpc_services, calls, progress, stop) for _ in range(CONNECTIONS)
        ]
        try:
            for client in running:
                requests, errors = client.result()
                result.requests.update(requests)
                result.errors.update(errors)
        finally:
            # Ctrl-C interrupts this thread alone, and leaving the pool waits for the others.
            stop.set()
    return result


def _client(
    target: str,
    grpc_services: Sequence[str],
    calls: int,
    progress: Callable[[], object],
    stop: threading.Event,
) -> tuple[Counter[str], Counter[str]]:
    requests: Counter[str] = Counter()
    errors: Counter[str] = Counter()
    # gRPC would share one connection among all channels of a process.
    with grpc.insecure_channel(target, options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
        for number, name in zip(range(calls), itertools.cycle(grpc_services), strict=False):
            if stop.is_set():
                break
            try:
                requests[_stream(channel, name) if number % 10 == 9 else _unary(channel, name)] += 1
            except grpc.RpcError as error:
                errors[error.code().name] += 1  # pyright: ignore
            progress()
    return requests, errors


def _unary(channel: grpc.Channel, name: str) -> str:
    method: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(f"/{name}/{UNARY}")
    _, call = method.with_call(b"", timeout=DEADLINE_SECONDS)
    return _task(call)


def _stream(channel: grpc.Channel, name: str) -> str:
    method: grpc.UnaryStreamMultiCallable[bytes, bytes] = channel.unary_stream(f"/{name}/{STREAM}")
    messages = method(b"", timeout=DEADLINE_SECONDS)
    received = sum(1 for _ in messages)
    if received != STREAM_MESSAGES:
        raise AssertionError(f"a stream of {STREAM_MESSAGES} messages brought {received}")
    return _task(messages)


def _task(call: grpc.Call) -> str:
    """Return the task that answered, as it named itself."""
    return next(str(value) for key, value in call.initial_metadata() if key == "task")
