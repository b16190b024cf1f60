"""The server of the lab's tasks: it notes each call when it begins, and can be made sick by a file.

`python -m bench.faults.task_server ADDRESS PORT PROTO_SERVICE FOLDER` serves grpc.health.v1, too. On SIGTERM
it takes no new calls and gives the open ones 20 s, as a well-behaved gRPC server does.
"""

import argparse
import asyncio
import json
import os
import random
import signal
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import grpc
from grpc import aio
from grpc_health.v1 import health_pb2_grpc
from grpc_health.v1.health import aio as health

from bench.faults.calls import (
    CALL_KEY,
    CHUNK,
    DOWNLOAD,
    DOWNLOAD_MESSAGES,
    ECHO,
    LONG,
    LONG_SECONDS,
    SHORT,
    SHORT_SECONDS,
    STREAM,
    STREAM_MESSAGES,
    STREAM_PAUSE,
    TASK_KEY,
)
from bench.faults.history import ENDING, Journal

GRACE_SECONDS = 20.0
SLOT_SECONDS = 0.25
BROKEN = "LAB_BROKEN"
"""The environment variable of a task definition whose tasks never listen."""
VERSION = "LAB_VERSION"
"""The environment variable by which a task definition differs from the last one."""


def deafen(folder: Path, proto_service: str, number: int) -> None:
    """Make the next `number` tasks of `proto_service` never listen."""
    for index in range(number):
        (folder / f"{proto_service}-{index}.deaf").touch()


def _is_deaf(folder: Path, proto_service: str) -> bool:
    if BROKEN in os.environ:
        return True
    for path in sorted(folder.glob(f"{proto_service}-*.deaf")):
        with suppress(FileNotFoundError):  # another task took it
            path.unlink()
            return True
    return False


@dataclass(frozen=True, kw_only=True)
class Sickness:
    """What is wrong with a task.

    Attributes:
        unavailable: The share of calls that it answers UNAVAILABLE at once.
        slower: How many times longer its short calls take; longer ones would miss their deadlines.

    """

    unavailable: float = 0.0
    slower: float = 1.0

    def write(self, folder: Path, address: str) -> None:
        """Make the task at `address` so; it reads `folder` for each call."""
        path = folder / f"{address}.sick"
        path.with_suffix(".new").write_text(json.dumps(asdict(self)), encoding="utf-8")
        path.with_suffix(".new").replace(path)


# Their types in types-grpcio are those of servers with threads.
_STREAM_HANDLER: Any = grpc.unary_stream_rpc_method_handler
_UNARY_HANDLER: Any = grpc.unary_unary_rpc_method_handler


class Handler(grpc.GenericRpcHandler):
    """Answers the lab's methods of one proto service.

    Args:
        task: The task's address.
        proto_service: The proto service that it answers for.
        folder: The folder of the history and of sicknesses.
        slots: How many calls it works on at once; the others wait. Each is then busy for `SLOT_SECONDS`.

    """

    def __init__(self, task: str, proto_service: str, folder: Path, slots: int) -> None:
        self._task, self._service, self._sick = task, proto_service, folder / f"{task}.sick"
        self._journal = Journal(folder / f"{task}{ENDING}")
        self._slots = asyncio.Semaphore(slots) if slots else None

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:  # noqa: ANN401
        """Return the handler of a call; None if it is not for this service."""
        service, _, method = handler_call_details.method.strip("/").rpartition("/")
        if service != self._service:
            return None
        if method in (STREAM, DOWNLOAD):

            async def stream(_: bytes, context: Any) -> AsyncIterator[bytes]:  # noqa: ANN401
                async for message in self._stream(method, context):
                    yield message

            return _STREAM_HANDLER(stream)

        async def unary(request: bytes, context: Any) -> bytes:  # noqa: ANN401
            sickness = await self._begin(context)
            if self._slots:
                async with self._slots:
                    await asyncio.sleep(SLOT_SECONDS)
                return b""
            seconds = {SHORT: SHORT_SECONDS * sickness.slower, LONG: LONG_SECONDS}.get(method, 0.0)
            await asyncio.sleep(seconds)
            return request if method == ECHO else b""

        return _UNARY_HANDLER(unary)

    async def _begin(self, context: Any) -> Sickness:  # noqa: ANN401
        metadata = {str(key): str(value) for key, value in context.invocation_metadata()}
        self._journal.began(metadata.get(CALL_KEY, "unknown"), self._task)
        sickness = self._sickness()
        if random.random() < sickness.unavailable:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "the task is sick")
        await context.send_initial_metadata(((TASK_KEY, self._task),))
        return sickness

    def _sickness(self) -> Sickness:
        try:
            return Sickness(**json.loads(self._sick.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return Sickness()

    async def _stream(self, method: str, context: Any) -> AsyncIterator[bytes]:  # noqa: ANN401
        await self._begin(context)
        if method == DOWNLOAD:
            for _ in range(DOWNLOAD_MESSAGES):
                yield bytes(CHUNK)
            return
        for _ in range(STREAM_MESSAGES):
            yield b""
            await asyncio.sleep(STREAM_PAUSE)


async def serve(arguments: argparse.Namespace) -> None:
    """Serve until SIGTERM."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    folder = Path(arguments.folder)
    if _is_deaf(folder, arguments.proto_service):
        await stop.wait()
        return
    options: list[tuple[str, int]] = [("grpc.so_reuseport", 0), ("grpc.max_receive_message_length", -1)]
    if arguments.max_connection_age:
        age, grace = arguments.max_connection_age, arguments.max_connection_age_grace
        options += [("grpc.max_connection_age_ms", age), ("grpc.max_connection_age_grace_ms", grace)]
    server = aio.server(options=options)
    server.add_generic_rpc_handlers(
        (Handler(arguments.address, arguments.proto_service, folder, arguments.slots),)
    )
    health_pb2_grpc.add_HealthServicer_to_server(health.HealthServicer(), server)  # pyright: ignore
    server.add_insecure_port(f"{arguments.address}:{arguments.port}")
    await server.start()
    await stop.wait()
    await server.stop(GRACE_SECONDS)


def main() -> None:
    """Read the command line, and serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address")
    parser.add_argument("port", type=int)
    parser.add_argument("proto_service")
    parser.add_argument("folder")
    parser.add_argument("--max-connection-age", type=int, default=0, help="in ms; none by default")
    parser.add_argument("--max-connection-age-grace", type=int, default=20_000, help="in ms")
    parser.add_argument("--slots", type=int, default=0, help="calls worked on at once; no limit by default")
    arguments = parser.parse_args()
    asyncio.run(serve(arguments))


if __name__ == "__main__":
    main()
