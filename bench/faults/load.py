"""Stock gRPC clients that note every call: `python -m bench.faults.load PLAN`, until SIGTERM.

SIGUSR1 makes the young clients dial anew.
"""

import asyncio
import itertools
import signal
import sys
from pathlib import Path

from grpc import aio

from bench.faults.calls import (
    CALL_KEY,
    DOWNLOAD,
    DOWNLOAD_MESSAGES,
    STREAM,
    STREAM_MESSAGES,
    TASK_KEY,
    Client,
    LoadPlan,
    load_plan,
    proto_service,
)
from bench.faults.history import Journal

NEW_SECONDS = 4.0
"""How often a client of the kind `new` dials anew."""

MESSAGES = {STREAM: STREAM_MESSAGES, DOWNLOAD: DOWNLOAD_MESSAGES}


class Caller:
    """One client: it calls at even intervals over its channel.

    Args:
        plan: What its process does.
        client: Which client it is.
        journal: Where it notes its calls.

    """

    def __init__(self, plan: LoadPlan, client: Client, journal: Journal) -> None:
        self._plan, self._client, self._journal = plan, client, journal
        self._name = f"{plan.load}/{client.name}"
        self._open: set[asyncio.Task[None]] = set()
        self._closing: set[asyncio.Task[None]] = set()
        self._channel = self._dial()

    def _dial(self) -> aio.Channel:
        policy = f'{{"loadBalancingConfig":[{{"{self._client.policy}":{{}}}}]}}'
        return aio.insecure_channel(
            self._plan.target,
            options=[
                ("grpc.use_local_subchannel_pool", 1),  # channels of one process would share connections
                ("grpc.service_config", policy),
                ("grpc.dns_min_time_between_resolutions_ms", self._plan.resolution_ms),
                ("grpc.max_receive_message_length", -1),
            ],
        )

    def redial(self) -> None:
        """Dial anew; the old channel is closed once its calls have ended."""
        old, calls = self._channel, list(self._open)
        self._channel = self._dial()

        async def close() -> None:
            await asyncio.gather(*calls)
            await old.close()

        closing = asyncio.create_task(close())
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)

    async def run(self, stop: asyncio.Event, delay: float) -> None:
        """Call until `stop` is set, the first time after `delay` seconds; then wait for the open calls."""
        loop = asyncio.get_running_loop()
        interval = len(self._plan.clients) / self._plan.rate
        due = loop.time() + delay
        dialled = loop.time()
        for number, method in enumerate(itertools.cycle(self._plan.methods)):
            await _wait(stop, due - loop.time())
            if stop.is_set():
                break
            if self._client.kind == "new" and loop.time() > dialled + NEW_SECONDS:
                self.redial()
                dialled = loop.time()
            due = max(due + interval, loop.time())  # a late client does not catch up
            call = asyncio.create_task(self._call(f"{self._name}/{number}", method))
            self._open.add(call)
            call.add_done_callback(self._open.discard)
        await asyncio.gather(*self._open)
        await self._channel.close()

    async def _call(self, call_id: str, method: str) -> None:
        path = f"/{proto_service(self._plan.service)}/{method}"
        metadata = aio.Metadata((CALL_KEY, call_id))
        status, details, task = "OK", "", None
        self._journal.sent(call_id, self._name, method)
        try:
            if method in MESSAGES:
                open_stream: aio.UnaryStreamMultiCallable[bytes, bytes] = self._channel.unary_stream(path)
                stream = open_stream(b"", timeout=self._plan.stream_deadline, metadata=metadata)
                received = 0
                async for _ in stream:
                    received += 1
                task = _task(await stream.initial_metadata())
                if received != MESSAGES[method]:
                    status = "TRUNCATED"
            else:
                ask: aio.UnaryUnaryMultiCallable[bytes, bytes] = self._channel.unary_unary(path)
                unary = ask(b"", timeout=self._plan.deadline, metadata=metadata)
                await unary
                task = _task(await unary.initial_metadata())
        except aio.AioRpcError as error:
            status, details = error.code().name, error.details() or ""
            task = _task(error.initial_metadata())
        self._journal.ended(call_id, status, task, details)


def _task(metadata: aio.Metadata | None) -> str | None:
    found = metadata.get(TASK_KEY) if metadata else None
    return None if found is None else str(found)


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    """Wait for `seconds`, or until `stop` is set."""
    if seconds > 0:
        try:
            await asyncio.wait_for(stop.wait(), seconds)
        except TimeoutError:
            return


async def run(plan: LoadPlan) -> None:
    """Call as `plan` says until SIGTERM."""
    journal = Journal(Path(plan.history))
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    callers = [Caller(plan, client, journal) for client in plan.clients]
    young = [caller for caller, client in zip(callers, plan.clients, strict=True) if client.kind == "young"]
    loop.add_signal_handler(signal.SIGUSR1, lambda: [caller.redial() for caller in young])
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    # The clients begin one after the other, so that calls come evenly.
    await asyncio.gather(
        *(caller.run(stop, number / plan.rate) for number, caller in enumerate(callers)),
    )


if __name__ == "__main__":
    asyncio.run(run(load_plan(sys.argv[1])))
