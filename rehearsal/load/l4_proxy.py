"""A TCP proxy that spreads connections as the TCP listener of a Classic Load Balancer does.

It writes a line of JSON when a connection comes or goes: the time, how many are open, and 1 or -1.
"""

import argparse
import asyncio
import itertools
import json
import signal
import time


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


async def serve(address: str, port: int, tasks: list[str]) -> None:
    """Forward each connection to the next of `tasks`, given as `address:port`, until SIGTERM."""
    next_task = itertools.cycle(tasks)
    connections = 0

    def changed(by: int) -> None:
        nonlocal connections
        connections += by
        print(json.dumps([time.time(), connections, by]), flush=True)

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        changed(1)
        try:
            host, _, task_port = next(next_task).rpartition(":")
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
    parser.add_argument("tasks", nargs="+")
    arguments = parser.parse_args()
    asyncio.run(serve(arguments.address, arguments.port, arguments.tasks))


if __name__ == "__main__":
    main()
