"""The other clients: `python -m bench.abuse.others ADDRESS METHOD CONNECTIONS RATE SECONDS TIMEOUT`.

They call a method at a steady rate, whatever became of the calls before, and write a line for each call:
when it began (seconds since the epoch), how long it took (seconds), and its status.
"""

import asyncio
import sys
import time

from grpc import aio


async def _call(
    address: str, method: str, connections: int, rate: float, seconds: float, patience: float
) -> None:
    options = [("grpc.use_local_subchannel_pool", 1)]
    channels = [aio.insecure_channel(f"{address}:50051", options=options) for _ in range(connections)]
    await asyncio.gather(*(channel.channel_ready() for channel in channels))
    stubs: list[aio.UnaryUnaryMultiCallable[bytes, bytes]] = [each.unary_unary(method) for each in channels]
    calls: set[asyncio.Task[None]] = set()

    async def one(stub: "aio.UnaryUnaryMultiCallable[bytes, bytes]") -> None:
        begin, clock = time.time(), time.perf_counter()
        try:
            await stub(b"", timeout=patience)
            status = "OK"
        except aio.AioRpcError as error:
            status = f"{error.code().name}: {error.details()}"
        print(f"{begin:.4f} {time.perf_counter() - clock:.5f} {status}", flush=True)

    start = time.perf_counter()
    for number in range(int(rate * seconds)):
        await asyncio.sleep(max(0.0, start + number / rate - time.perf_counter()))
        call = asyncio.create_task(one(stubs[number % connections]))
        calls.add(call)
        call.add_done_callback(calls.discard)
    await asyncio.gather(*calls)


if __name__ == "__main__":
    _, address, method, *numbers = sys.argv
    connections, *times = map(float, numbers)
    asyncio.run(_call(address, method, int(connections), *times))
