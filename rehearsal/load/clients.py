"""Real gRPC clients that call at a steady rate, each over one connection.

`python -m rehearsal.load.clients PLAN` writes a line of JSON for each call until SIGTERM.
"""

import itertools
import json
import signal
import sys
import threading
import time
from collections.abc import Callable
from concurrent import futures
from dataclasses import asdict

import grpc

from rehearsal.load.calls import MESSAGES_KEY, Call, Target

CONNECTIONS = 6
DEADLINE_SECONDS = 10
STREAM_EVERY = 10
STREAM_MESSAGES = 5


def _client(target: Target, number: int, stop: threading.Event) -> None:
    """Call `target` over one connection at even intervals, until `stop` is set."""
    interval = CONNECTIONS / target.rate
    # Without this, gRPC would share one connection among all channels of the process.
    options = [("grpc.use_local_subchannel_pool", 1)]
    with grpc.insecure_channel(target.target, options=options) as channel:
        # The clients start one after the other, so that calls come evenly and not in bursts of six.
        due = time.monotonic() + interval * number / CONNECTIONS
        for turn, method in enumerate(itertools.cycle(target.methods)):
            if stop.wait(max(0.0, due - time.monotonic())):
                return
            # A late client calls at once, but it does not call more often afterwards to catch up.
            due = max(due + interval, time.monotonic())
            stream = target.streams[turn % len(target.streams)] if target.streams else None
            is_stream = stream is not None and turn % STREAM_EVERY == STREAM_EVERY - 1
            chosen = stream if is_stream and stream else method
            write(call_method(channel, target.service, chosen, is_stream=is_stream))


def call_method(
    channel: grpc.Channel, service: str, method: str, *, is_stream: bool = False, peer: str = ""
) -> Call:
    """Call `method` of `service` and return the result; `peer` is where `channel` leads to."""
    at, begun = time.time(), time.monotonic()
    task, status = None, "OK"
    try:
        if is_stream:
            stub: grpc.UnaryStreamMultiCallable[bytes, bytes] = channel.unary_stream(f"/{method}")
            metadata = ((MESSAGES_KEY, str(STREAM_MESSAGES)),)
            call = stub(b"", timeout=DEADLINE_SECONDS, metadata=metadata)
            if sum(1 for _ in call) != STREAM_MESSAGES:
                status = "TRUNCATED"
            task = _task(call)
        else:
            unary: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(f"/{method}")
            _, answered = unary.with_call(b"", timeout=DEADLINE_SECONDS)
            task = _task(answered)
    except grpc.RpcError as error:
        status = str(error.code().name)  # pyright: ignore
    return Call(at, service, task, (time.monotonic() - begun) * 1000, status, f"/{method}", peer)


def _task(call: grpc.Call) -> str | None:
    """Return the `address:port` by which the answering task identified itself."""
    return next((str(value) for key, value in call.initial_metadata() or () if key == "task"), None)


_writing = threading.Lock()


def write(call: Call) -> None:
    """Write the line of `call`."""
    line = json.dumps(list(asdict(call).values())) + "\n"
    with _writing:
        sys.stdout.write(line)
        sys.stdout.flush()


def run(client: Callable[[Target, int, threading.Event], None], clients: int) -> None:
    """Run so many times `client` for each target of the plan, until SIGTERM; then wait until all have ended.

    A client gets its target, its number, and an event that is set when it has to end.
    """
    targets = [Target(**target) for target in json.loads(sys.argv[1])]
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _signal, _frame: stop.set())
    with futures.ThreadPoolExecutor(len(targets) * clients) as pool:
        running = [
            pool.submit(client, target, number, stop) for target in targets for number in range(clients)
        ]
        for one in running:
            one.result()


if __name__ == "__main__":
    run(_client, CONNECTIONS)
