"""Measures how evenly the proxy spreads calls over the endpoints of a service."""

import time
from dataclasses import dataclass

import psutil

from bench.discovery.proxies import RunningProxy
from bench.discovery.world import SIZED, ZONED, ZONES, World
from rehearsal.course.outcome import cv
from rehearsal.load.load_process import Load

RATE = 600.0
ROUNDS = 100
"""Calls for each endpoint. The incomplete rounds at both ends then add less than 0.01 to the CV."""

ZONE_SETTLE_SECONDS = 16.0
"""Enough for one window of traffic, and for the sidecars to exchange it twice."""


@dataclass(frozen=True, kw_only=True)
class Evenness:
    """The results for one service and one kind of discovery.

    Attributes:
        discovery: The kind of discovery.
        endpoints: The number of endpoints of the service.
        calls: The number of calls.
        idle: The number of endpoints that got no call.
        cv: The coefficient of variation of the calls by endpoint.
        failed: The number of calls that failed.
        envoy_cpu_percent: Envoy's mean CPU in percent of one CPU.
        envoy_mib: Envoy's resident memory.

    """

    discovery: str
    endpoints: int
    calls: int
    idle: int
    cv: float
    failed: int
    envoy_cpu_percent: float
    envoy_mib: float


def measure(world: World, discovery: str, size: int) -> Evenness:
    """Return how evenly calls are spread over `size` endpoints, with `ROUNDS` calls for each."""
    proxy, service = world.proxies[discovery], SIZED[size]
    load = world.load(proxy, service, RATE)
    _wait_for_calls(load)
    process = psutil.Process(proxy.envoy.pid)
    before, cpu, begin = proxy.requests(service), _cpu(process), time.monotonic()
    time.sleep(max(3.0, ROUNDS * size / RATE))
    after, seconds = proxy.requests(service), time.monotonic() - begin
    percent = 100 * (_cpu(process) - cpu) / seconds
    calls = load.stop()
    counts = [after.get(address, 0) - before.get(address, 0) for address in world.tasks[service]]
    return Evenness(
        discovery=discovery,
        endpoints=size,
        calls=sum(counts),
        idle=counts.count(0),
        cv=cv(counts),
        failed=sum(call.status != "OK" for call in calls),
        envoy_cpu_percent=percent,
        envoy_mib=process.memory_info().rss / 1024 / 1024,
    )


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


def _wait_for_calls(load: Load) -> None:
    while len(load.calls()) < 20:
        time.sleep(0.1)


@dataclass(frozen=True, kw_only=True)
class Zones:
    """The results for 20 tasks in two zones and two proxies. One proxy gets five sixths of the calls.

    Attributes:
        cv: The coefficient of variation of the calls by endpoint.
        stayed: The share of calls that stayed in the zone of their proxy.
        failed: The number of calls that failed.

    """

    cv: float
    stayed: float
    failed: int


def measure_zones(world: World) -> Zones:
    """Return the results for zones when clients are spread unevenly over the proxies."""
    proxies = (world.proxies["cloud_map"], world.second)
    loads = [world.load(proxy, ZONED, rate) for proxy, rate in zip(proxies, (250.0, 50.0), strict=True)]
    for load in loads:
        _wait_for_calls(load)
    time.sleep(ZONE_SETTLE_SECONDS)
    before = [proxy.requests(ZONED) for proxy in proxies]
    time.sleep(20)
    counts = [_requests_since(proxy, earlier) for proxy, earlier in zip(proxies, before, strict=True)]
    calls = [call for load in loads for call in load.stop()]
    zones = {address: ZONES[number % 2] for number, address in enumerate(world.tasks[ZONED])}
    stayed = sum(
        count
        for zone, by_address in zip(ZONES, counts, strict=True)
        for address, count in by_address.items()
        if zones[address] == zone
    )
    total = {address: sum(by_address.get(address, 0) for by_address in counts) for address in zones}
    return Zones(
        cv=cv(total.values()),
        stayed=stayed / sum(total.values()),
        failed=sum(call.status != "OK" for call in calls),
    )


def _requests_since(proxy: RunningProxy, before: dict[str, int]) -> dict[str, int]:
    return {address: count - before.get(address, 0) for address, count in proxy.requests(ZONED).items()}
