"""Abuse by calls: too many, too large, or with answers that nobody reads."""

import asyncio
import socket
import threading
import time
from contextlib import suppress
from itertools import count

from grpc import aio

from bench.abuse import frames
from bench.abuse.client import SERVICE, abusing, reading, request, settle
from bench.abuse.frames import frame, headers_frame

MIB = 1024 * 1024
CHUNK = 16_384
LARGE = 8 * MIB
MOST_OPEN = 1000  # calls of a flood on each connection, as a gRPC client heeds the limit of 1,024
NO_READ_BUFFER = 4096  # of a socket that is never read, so that what is not read stays in Envoy


def _unread_downloads(address: str, streams: int, connections: int = 1) -> None:
    """Open downloads of 8 MB each, offer no window for them, and never read."""
    opened: list[socket.socket] = []
    for _ in range(connections):
        connection = socket.create_connection((address, 50051))
        no_window = (4).to_bytes(2, "big") + (0).to_bytes(4, "big")
        connection.sendall(frames.PREFACE + frame(frames.SETTINGS, payload=no_window))
        opened.append(connection)
        for number in range(streams):
            connection.sendall(headers_frame(2 * number + 1, request("Download")))
            connection.sendall(frame(frames.DATA, 2 * number + 1, frames.GRPC_MESSAGE, frames.END_STREAM))
            # A grpcio server itself cancels calls at random while more than 1,000 wait for it to begin them.
            time.sleep(0.001)
    settle(opened)


def forty_unread_downloads(address: str) -> None:
    """Abuse the proxy at `address`: 40 downloads of 8 MB that nobody reads."""
    _unread_downloads(address, 40)


def thousand_unread_downloads(address: str) -> None:
    """Abuse the proxy at `address`: 1,000 downloads of 8 MB that nobody reads."""
    _unread_downloads(address, 1000)


def unread_downloads_by_three(address: str) -> None:
    """Abuse the proxy at `address`: 3,000 downloads of 8 MB that nobody reads."""
    _unread_downloads(address, 1000, 3)


def unread_socket(address: str) -> None:
    """Abuse the proxy at `address`: 40 downloads into a socket that nobody reads."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, NO_READ_BUFFER)
    connection.connect((address, 50051))
    most = (2**31 - 1).to_bytes(4, "big")
    connection.sendall(frames.PREFACE + frame(frames.SETTINGS, payload=(4).to_bytes(2, "big") + most))
    connection.sendall(frame(frames.WINDOW_UPDATE, payload=(2**31 - 1 - 65_535).to_bytes(4, "big")))
    for number in range(40):
        connection.sendall(headers_frame(2 * number + 1, request("Download")))
        connection.sendall(frame(frames.DATA, 2 * number + 1, frames.GRPC_MESSAGE, frames.END_STREAM))
    settle([connection])


def idle_streams(address: str) -> None:
    """Abuse the proxy at `address`: 3,000 open calls that send nothing."""
    opened: list[socket.socket] = []
    for _ in range(3):
        connection, _ = reading(address)
        opened.append(connection)
        for number in range(1000):
            connection.sendall(headers_frame(2 * number + 1, request("Wait")))
    settle(opened)


def large_messages(address: str) -> None:
    """Abuse the proxy at `address`: messages of 8 MB both ways, four at a time."""

    async def flood() -> None:
        options = [("grpc.max_receive_message_length", 64 * MIB), ("grpc.max_send_message_length", 64 * MIB)]
        async with aio.insecure_channel(f"{address}:50051", options=options) as channel:
            echo: aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(f"{SERVICE}/Echo")

            async def one_after_another() -> None:
                for number in count():
                    with suppress(aio.AioRpcError):
                        await echo(bytes(LARGE), timeout=60)
                    if number == 0:
                        abusing()

            await asyncio.gather(*(one_after_another() for _ in range(4)))

    asyncio.run(flood())


def deaf_uploads(address: str) -> None:
    """Abuse the proxy at `address`: 1,000 uploads to a method that reads nothing."""
    for _ in range(60):
        connection, _ = reading(address)
        threading.Thread(target=_upload, args=(connection, 16), daemon=True).start()
    time.sleep(1)
    abusing()
    time.sleep(3600)


def _upload(connection: socket.socket, streams: int) -> None:
    with suppress(OSError):
        for number in range(streams):
            connection.sendall(headers_frame(2 * number + 1, request("Deaf")))
        for _ in range(2 * MIB // CHUNK):
            for number in range(streams):
                connection.sendall(frame(frames.DATA, 2 * number + 1, bytes(CHUNK)))
                time.sleep(0.001)
        time.sleep(3600)


def _flood(address: str, method: str, calls: int, rest: float) -> None:
    """Make so many calls at once on each of four connections, rest, and begin again."""
    for _ in range(4):
        threading.Thread(target=_flood_by_one, args=(address, method, calls, rest), daemon=True).start()
    time.sleep(1)
    abusing()
    time.sleep(3600)


def _flood_by_one(address: str, method: str, calls: int, rest: float) -> None:
    source = f"{address.rpartition('.')[0]}.99"  # another address than that of the other clients
    body = frame(frames.DATA, 0, frames.GRPC_MESSAGE, frames.END_STREAM)
    header = headers_frame(0, request(method))
    while True:
        room = threading.Semaphore(MOST_OPEN)
        with frames.connected(address, source) as connection, suppress(OSError):
            threading.Thread(target=_count_ended, args=(connection, room), daemon=True).start()
            for number in count():
                sent = bytearray()
                for stream in range(2 * number * calls + 1, 2 * (number + 1) * calls + 1, 2):
                    room.acquire()
                    for each in (header, body):
                        sent += each[:5] + stream.to_bytes(4, "big") + each[9:]
                connection.sendall(sent)
                time.sleep(rest)


def _count_ended(connection: socket.socket, room: threading.Semaphore) -> None:
    for each in frames.received(connection):
        if each.kind == frames.RST_STREAM or (each.kind == frames.HEADERS and each.flags & frames.END_STREAM):
            room.release()
    room.release(10 * MOST_OPEN)  # the connection has ended, so the next try to send fails


def flood_of_tasks(address: str) -> None:
    """Abuse the proxy at `address`: 3,200 calls a second, ten times what the tasks can do."""
    _flood(address, "Slow", 8, 0.01)


def flood_of_proxy(address: str) -> None:
    """Abuse the proxy at `address`: calls as fast as the proxy takes them."""
    _flood(address, "Get", 200, 0)
