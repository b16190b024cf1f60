"""A proxy with several ports: one listener, with one limit of connections."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import grpc

from tests.envoy_config.live_envoy.rig import PROXY, call, envoy, task
from tests.waiting import until

GET = "/learning.v1.Lessons/Get"


def answer(_request: bytes, _context: grpc.ServicerContext) -> Iterator[bytes]:
    yield b"answered"


def test_every_port_has_the_same_routes_and_one_limit_of_connections(tmp_path: Path, block: str) -> None:
    proxy = replace(PROXY, further_ports=(50052,), max_connections=8)
    with task(f"{block}.3", answer), envoy(tmp_path, block, [f"{block}.3"], proxy) as live:
        further = replace(live, target=f"{live.address}:50052")
        assert call(live, GET) == call(further, GET) == [b"answered"]
        until(lambda: "downstream_cx_active: 0" in live.admin("/stats?filter=http.grpc.downstream_cx_active"))
        channels = [
            grpc.insecure_channel(target, [("grpc.use_local_subchannel_pool", 1)])
            for target in (live.target, further.target)
            for _ in range(4)
        ]
        for channel in channels:
            grpc.channel_ready_future(channel).result(60)
        ninth = grpc.insecure_channel(further.target, [("grpc.use_local_subchannel_pool", 1)])
        ninth.subscribe(lambda _: None, try_to_connect=True)
        until(
            lambda: "limited_connections: 0" not in live.admin("/stats?filter=connection_limit.grpc.limited")
        )
        for channel in (*channels, ninth):
            channel.close()
