"""A gRPC task: `python -m bench.abuse.task ADDRESS`."""

import asyncio
import sys
from collections.abc import AsyncIterator
from typing import Any

import grpc
from grpc import aio

SERVICES = ("learning.v1.Lessons", "learning.v1.Grading")
AT_ONCE, SECONDS_EACH = 8, 0.05
"""How many calls of Slow a task works on at once, and how long each takes."""

CAPACITY = AT_ONCE / SECONDS_EACH
"""The calls of Slow that a task can answer in a second."""

MIB = 1024 * 1024
PART = bytes(MIB)
OPTIONS = [
    ("grpc.max_receive_message_length", 64 * MIB),
    ("grpc.max_send_message_length", 64 * MIB),
    # By default a grpcio server itself cancels new calls at random while more than 1,000 wait for it to begin
    # them. This is not what the proxy does to them.
    ("grpc.server.max_pending_requests", 20_000),
    ("grpc.server.max_pending_requests_hard_limit", 40_000),
]


async def _serve(address: str) -> None:
    room = asyncio.Semaphore(AT_ONCE)

    async def get(_request: bytes, _context: object) -> bytes:
        return b""

    async def slow(_request: bytes, _context: object) -> bytes:
        async with room:
            await asyncio.sleep(SECONDS_EACH)
        return b""

    async def echo(request: bytes, _context: object) -> bytes:
        return request

    async def download(_request: bytes, _context: object) -> AsyncIterator[bytes]:
        for _ in range(8):
            yield PART

    async def wait(requests: AsyncIterator[bytes], _context: object) -> AsyncIterator[bytes]:
        async for _ in requests:
            yield b""

    async def deaf(_requests: AsyncIterator[bytes], _context: object) -> AsyncIterator[bytes]:
        await asyncio.sleep(3600)
        yield b""

    methods: dict[str, grpc.RpcMethodHandler[Any, Any]] = {
        "Get": grpc.unary_unary_rpc_method_handler(get),
        "Slow": grpc.unary_unary_rpc_method_handler(slow),
        "Echo": grpc.unary_unary_rpc_method_handler(echo),
        "Download": grpc.unary_stream_rpc_method_handler(download),
        "Wait": grpc.stream_stream_rpc_method_handler(wait),
        "Deaf": grpc.stream_stream_rpc_method_handler(deaf),
    }
    server = aio.server(options=OPTIONS)
    server.add_generic_rpc_handlers(
        tuple(grpc.method_handlers_generic_handler(service, methods) for service in SERVICES)
    )
    server.add_insecure_port(f"{address}:50051")
    await server.start()
    await server.wait_for_termination()


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1]))
