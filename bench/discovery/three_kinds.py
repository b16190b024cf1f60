"""Measures a sidecar with 20 services over three kinds of discovery. `python -m bench.discovery.three_kinds`.

The command takes two minutes; `make bench-discovery` writes its figures, too.
"""

import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from bench.discovery.proxies import HTTP_NAMESPACE_ID, PORT
from bench.discovery.world import IN_ECS, IN_HTTP_NAMESPACE, TEN, ZONES, World
from ecs_envoy.plan.discovery_settings import FollowedService

MEASURED_SECONDS = 60.0
SETTLE_SECONDS = 20.0
"""By then the lists are read, and Cloud Map's revisions are known."""


@dataclass(frozen=True, kw_only=True)
class KindsCost:
    """The CPU and memory of a sidecar with 20 services over three kinds of discovery.

    Attributes:
        services: The number of services of each kind.
        cpu_percent: Its mean CPU, in percent of one CPU.
        memory_mib: Its resident memory.

    """

    services: Mapping[str, int]
    cpu_percent: float
    memory_mib: float


def followed() -> list[FollowedService]:
    """Return 20 services: in the proxy's namespace, in an HTTP namespace, and in ECS itself."""
    settings: dict[str, Any] = {"port": PORT, "zone_aware": False, "cloud_map_health": False}
    in_http = {"namespace": HTTP_NAMESPACE_ID}
    return [
        *(FollowedService(name=s, cloud_map_service=s, **settings) for s in TEN[:7]),
        *(FollowedService(name=s, cloud_map_service=s, **in_http, **settings) for s in IN_HTTP_NAMESPACE),
        *(FollowedService(name=s, ecs_cluster="bench", ecs_service=s, **settings) for s in IN_ECS),
    ]


def measure(world: World) -> KindsCost:
    """Return the cost of the sidecar; nothing else must be measured at the same time."""
    sidecar = world.sidecar("twenty", world.address(), ZONES[0], followed())
    process = psutil.Process(sidecar.pid)
    time.sleep(SETTLE_SECONDS)
    before, begin = process.cpu_times(), time.monotonic()
    time.sleep(MEASURED_SECONDS)
    after, seconds = process.cpu_times(), time.monotonic() - begin
    memory = process.memory_info().rss
    sidecar.terminate()
    sidecar.wait(30)
    return KindsCost(
        services={"Cloud Map": 7, "an HTTP namespace": len(IN_HTTP_NAMESPACE), "ECS": len(IN_ECS)},
        cpu_percent=100 * (after.user + after.system - before.user - before.system) / seconds,
        memory_mib=memory / 1024 / 1024,
    )


def main() -> int:
    """Print the cost."""
    with tempfile.TemporaryDirectory(prefix="bench-discovery-") as folder, World(Path(folder)) as world:
        for running in (world.ten, *(p.sidecar for p in world.proxies.values() if p.sidecar)):
            running.terminate()
            running.wait(30)
        print(measure(world))
    return 0


if __name__ == "__main__":
    sys.exit(main())
