"""A TCP proxy that spreads connections as the TCP listener of a Classic Load Balancer does.

It writes a line of JSON when a connection comes or goes: the time, how many are open, and 1 or -1.
"""

import argparse
import asyncio
import itertools
import json
import signal
import time
from collections.abc import Callable
from pathlib import Path


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


async def serve(address: str, port: int, tasks: Callable[[], list[str]]) -> None:
    """Forward each connection to the next of `tasks`, given as `address:port`, until SIGTERM."""
    numbers = itertools.count()
    connections = 0

    def changed(by: int) -> None:
        nonlocal connections
        connections += by
        print(json.dumps([time.time(), connections, by]), flush=True)

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        changed(1)
        try:
            targets = tasks()
            host, _, task_port = targets[next(numbers) % len(targets)].rpartition(":")
            task_reader, task_writer = await asyncio.open_connection(host, int(task_port))
            await asyncio.gather(_copy(reader, task_writer), _copy(task_reader, writer))
        finally:
            changed(-1)

    server = await asyncio.start_server(forward, address, port)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()
    server.close()


def main() -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address")
    parser.add_argument("port", type=int)
    parser.add_argument("tasks", nargs="*")
    parser.add_argument(
        "--follow", type=Path, help="a file with a task in each line, read for each connection"
    )
    arguments = parser.parse_args()
    follow: Path | None = arguments.follow
    tasks: list[str] = arguments.tasks

    def current() -> list[str]:
        return follow.read_text(encoding="utf-8").split() if follow else tasks

    asyncio.run(serve(arguments.address, arguments.port, current))


if __name__ == "__main__":
    main()
