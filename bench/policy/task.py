"""A gRPC task: `python -m bench.policy.task ADDRESS SLOWER SECONDS`.

It works on `AT_ONCE` calls at once, as a server with so many CPUs, and the others wait. For so many seconds
after its first call it is `SLOWER` times slower, as a JVM is until it has compiled what it runs.
"""

import asyncio
import random
import sys
import time

import grpc
from grpc import aio

SERVICE, METHOD = "learning.v1.Lessons", "Get"
AT_ONCE = 2
MEAN_SECONDS = 0.02
"""The mean time of a call. Times are exponential, so that one call in a hundred takes 4.6 times as long."""


async def _serve(address: str, slower: float, seconds: float) -> None:
    room = asyncio.Semaphore(AT_ONCE)
    begun: list[float] = []

    async def get(_request: bytes, _context: object) -> bytes:
        begun[:] = begun or [time.monotonic()]
        async with room:
            factor = slower if time.monotonic() - begun[0] < seconds else 1.0
            await asyncio.sleep(random.expovariate(1 / (MEAN_SECONDS * factor)))
        return b""

    methods: dict[str, grpc.RpcMethodHandler[bytes, bytes]] = {
        METHOD: grpc.unary_unary_rpc_method_handler(get)  # pyright: ignore[reportArgumentType]  # grpc.aio
    }
    server = aio.server()
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, methods),))
    server.add_insecure_port(f"{address}:50051")
    await server.start()
    await server.wait_for_termination()


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1], float(sys.argv[2]), float(sys.argv[3])))
