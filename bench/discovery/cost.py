"""Measures the sidecar: CPU and memory with ten services, and the CPU of one call against boto3's."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import psutil

from bench.discovery.proxies import NAMESPACE, NAMESPACE_ID
from bench.discovery.world import TEN, World
from rehearsal.account.aws import Aws

MEASURED_SECONDS = 60.0
SETTLE_SECONDS = 65.0
"""For a minute after a change the sidecar asks for whole lists; after this time it is settled."""

PAIRS, CALLS = 5, 100


@dataclass(frozen=True, kw_only=True)
class Cost:
    """The CPU and memory of the sidecar.

    Attributes:
        settled_percent: Its mean CPU with ten services polled each second, in percent of one CPU.
        settling_percent: The same in the minute after a change of all ten services.
        memory_mib: Its resident memory.
        boto3_ms: The CPU time in milliseconds of one DiscoverInstancesRevision by boto3: the median of pairs.
        own_ms: The same by the sidecar's own client.
        end_seconds: The time from SIGTERM to its end.

    """

    settled_percent: float
    settling_percent: float
    memory_mib: float
    boto3_ms: float
    own_ms: float
    end_seconds: float


def measure(world: World) -> Cost:
    """Return the cost of a sidecar with ten services; nothing else must be measured at the same time."""
    process = psutil.Process(world.ten.pid)
    for service in TEN:
        world.register(service, "10.9.9.9", "eu-west-1a")
    settling = _percent(process, SETTLE_SECONDS - 10)
    time.sleep(15)
    settled = _percent(process, MEASURED_SECONDS)
    memory = process.memory_info().rss
    terminated_at = time.monotonic()
    world.ten.terminate()
    world.ten.wait(30)
    end_seconds = time.monotonic() - terminated_at
    pairs = [_pair(world.aws) for _ in range(PAIRS)]
    return Cost(
        settled_percent=settled,
        settling_percent=settling,
        memory_mib=memory / 1024 / 1024,
        boto3_ms=sorted(pair[0] for pair in pairs)[PAIRS // 2],
        own_ms=sorted(pair[1] for pair in pairs)[PAIRS // 2],
        end_seconds=end_seconds,
    )


def _percent(process: psutil.Process, seconds: float) -> float:
    before, begin = process.cpu_times(), time.monotonic()
    time.sleep(seconds)
    after = process.cpu_times()
    cpu_seconds = after.user + after.system - before.user - before.system
    return 100 * cpu_seconds / (time.monotonic() - begin)


def _pair(aws: Aws) -> tuple[float, float]:
    """Return the CPU time of a call by boto3 and by the sidecar's client, measured one after the other."""
    command = [sys.executable, "-m", "bench.discovery.cost", aws.endpoint, aws.account, aws.region]
    environment = {**os.environ, **aws.environment()}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    boto3_ms, own_ms = json.loads(done.stdout)
    return boto3_ms, own_ms


def _compare(endpoint: str, account: str, region: str) -> tuple[float, float]:
    from discovery.cloud_map.client import CloudMap

    boto = Aws(endpoint=endpoint, account=account, region=region).cloud_map()
    own = CloudMap(endpoint=endpoint, control_endpoint=endpoint, region=region, namespace=NAMESPACE_ID)
    return (
        _milliseconds(lambda: boto.discover_instances_revision(NamespaceName=NAMESPACE, ServiceName=TEN[0])),
        _milliseconds(lambda: own.revision(TEN[0])),
    )


def _milliseconds(call: Callable[[], object]) -> float:
    call()
    begun = time.process_time()
    for _ in range(CALLS):
        call()
    return 1000 * (time.process_time() - begun) / CALLS


if __name__ == "__main__":
    print(json.dumps(_compare(*sys.argv[1:])))
