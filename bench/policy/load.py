"""Calls at a steady rate, whether earlier ones have ended or not, as from many clients."""

import asyncio
import random
import time
from dataclasses import dataclass

import grpc
from grpc import aio

from bench.policy.task import METHOD, SERVICE

RATE = 120
"""Calls a second: 40 % of what three tasks can do (`bench.policy.task`)."""

LOW_RATE = 24
"""Calls a second of which the slow task can do its share, too: three fifths of its time."""

DEADLINE_SECONDS = 30.0


@dataclass(frozen=True)
class Load:
    """The calls of a run.

    Attributes:
        milliseconds: How long each took, sorted; one that failed counts as its deadline.
        failed: How many failed.

    """

    milliseconds: list[float]
    failed: int

    @property
    def p99(self) -> float:
        """The time in milliseconds that 99 of 100 calls did not exceed."""
        return self.percentile(99)

    def percentile(self, percent: float) -> float:
        """Return the time in milliseconds that `percent` of the calls did not exceed."""
        return self.milliseconds[min(len(self.milliseconds) - 1, int(len(self.milliseconds) * percent / 100))]


def load(target: str, host: str, seconds: float, rate: int) -> Load:
    """Call the service `host` at `target` so often a second for so many seconds, and wait for every end."""
    return asyncio.run(_load(target, host, seconds, rate))


async def _load(target: str, host: str, seconds: float, rate: int) -> Load:
    took: list[float] = []
    failed: list[str] = []
    async with aio.insecure_channel(target, options=[("grpc.default_authority", host)]) as channel:
        call: aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(f"/{SERVICE}/{METHOD}")

        async def one() -> None:
            begin = time.monotonic()
            try:
                await call(b"", timeout=DEADLINE_SECONDS)
                took.append(1000 * (time.monotonic() - begin))
            except grpc.RpcError as error:
                failed.append(str(error))
                took.append(1000 * DEADLINE_SECONDS)

        begin, due, calls = time.monotonic(), 0.0, list[asyncio.Task[None]]()
        while due < seconds:
            await asyncio.sleep(max(0.0, begin + due - time.monotonic()))
            calls.append(asyncio.create_task(one()))
            due += random.expovariate(rate)
        await asyncio.gather(*calls)
    return Load(sorted(took), len(failed))
