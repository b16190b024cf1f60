"""Bursts of calls on a cold connection, at servers that limit the calls of a connection."""

import asyncio
import subprocess
import sys
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc import aio

from tests.envoy_config.live_envoy.rig import Live, envoy
from tests.waiting import FOREVER

# Its own process, because a burst needs the server to be busy, not this test.
SERVER = """
import asyncio, sys
import grpc
from grpc import aio

async def main():
    server = aio.server(options=[("grpc.max_concurrent_streams", int(sys.argv[2]))])
    async def get(request, context):
        await asyncio.sleep(0.3)
        return b""
    methods = {"Get": grpc.unary_unary_rpc_method_handler(get)}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("learning.v1.Lessons", methods),))
    server.add_insecure_port(f"{sys.argv[1]}:50051")
    await server.start()
    print("started", flush=True)
    await server.wait_for_termination()

asyncio.run(main())
"""


@contextmanager
def limited_task(address: str, streams: int) -> Generator[None]:
    command = [sys.executable, "-c", SERVER, address, str(streams)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"started\n"
            yield
        finally:
            process.kill()


async def burst(live: Live, calls: int) -> Counter[str]:
    async with aio.insecure_channel(live.target, options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
        await channel.channel_ready()
        stub: aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary("/learning.v1.Lessons/Get")

        async def status() -> str:
            try:
                await stub(b"", timeout=FOREVER)
            except grpc.RpcError as error:
                return str(error)
            return "OK"

        return Counter(await asyncio.gather(*(status() for _ in range(calls))))


@pytest.mark.parametrize("calls", [300, 400])
@pytest.mark.parametrize(
    ("limit", "key"),
    [
        pytest.param(100, None, id="a limit of 100"),
        pytest.param(10, None, id="a limit of 10"),
        pytest.param(2, 2, id="a limit of 2, with the key"),
    ],
)
def test_no_call_of_a_burst_on_a_cold_connection_exceeds_the_servers_limit(
    limit: int, key: int | None, calls: int, tmp_path: Path, block: str
) -> None:
    settings: dict[str, Any] = {} if key is None else {"connections": {"max_concurrent_streams": key}}
    with (
        limited_task(f"{block}.3", limit),
        envoy(tmp_path, block, [f"{block}.3"], **settings) as live,
    ):
        assert asyncio.run(burst(live, calls)) == {"OK": calls}
