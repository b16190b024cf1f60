"""How evenly calls fall on the endpoints of a service."""

import time
from dataclasses import dataclass

import psutil

from bench.discovery.proxies import RunningProxy
from bench.discovery.world import SIZED, ZONED, ZONES, World
from rehearsal.course.outcome import cv
from rehearsal.load.load_process import Load

RATE = 600.0
ROUNDS = 100
"""Calls for each endpoint: a cut round at either end then adds less than 0.01 to the CV."""

ZONE_SETTLE_SECONDS = 16.0
"""A window of traffic, and two exchanges of it."""


@dataclass(frozen=True, kw_only=True)
class Evenness:
    """What came of calls to one service by one discovery.

    Attributes:
        discovery: The kind of discovery.
        endpoints: How many endpoints the service has.
        calls: How many calls there were.
        idle: How many endpoints got none.
        cv: The coefficient of variation of the calls by endpoint.
        failed: How many calls failed.
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
    """Return how evenly `ROUNDS` calls for each of `size` endpoints fall."""
    proxy, service = world.proxies[discovery], SIZED[size]
    load = world.load(proxy, service, RATE)
    _until_called(load)
    process = psutil.Process(proxy.envoy.pid)
    before, cpu, begin = proxy.requests(service), _cpu(process), time.monotonic()
    time.sleep(max(3.0, ROUNDS * size / RATE))
    after, seconds = proxy.requests(service), time.monotonic() - begin
    used = 100 * (_cpu(process) - cpu) / seconds
    calls = load.stop()
    counts = [after.get(address, 0) - before.get(address, 0) for address in world.tasks[service]]
    return Evenness(
        discovery=discovery,
        endpoints=size,
        calls=sum(counts),
        idle=counts.count(0),
        cv=cv(counts),
        failed=sum(call.status != "OK" for call in calls),
        envoy_cpu_percent=used,
        envoy_mib=process.memory_info().rss / 1024 / 1024,
    )


def _cpu(process: psutil.Process) -> float:
    used = process.cpu_times()
    return used.user + used.system


def _until_called(load: Load) -> None:
    while len(load.calls()) < 20:
        time.sleep(0.1)


@dataclass(frozen=True, kw_only=True)
class Zones:
    """Calls to 20 tasks in two zones through two proxies, which get five sixths and one sixth of them.

    Attributes:
        cv: The coefficient of variation of the calls by endpoint.
        stayed: The share of calls that stayed in the zone of their proxy.
        failed: How many calls failed.

    """

    cv: float
    stayed: float
    failed: int


def measure_zones(world: World) -> Zones:
    """Return what zones do where clients chose their proxies unevenly."""
    proxies = (world.proxies["cloud_map"], world.second)
    loads = [world.load(proxy, ZONED, rate) for proxy, rate in zip(proxies, (250.0, 50.0), strict=True)]
    for load in loads:
        _until_called(load)
    time.sleep(ZONE_SETTLE_SECONDS)
    before = [proxy.requests(ZONED) for proxy in proxies]
    time.sleep(20)
    counts = [_since(proxy, one) for proxy, one in zip(proxies, before, strict=True)]
    calls = [call for load in loads for call in load.stop()]
    zones = {address: ZONES[number % 2] for number, address in enumerate(world.tasks[ZONED])}
    stayed = sum(
        count
        for zone, mine in zip(ZONES, counts, strict=True)
        for address, count in mine.items()
        if zones[address] == zone
    )
    total = {address: sum(mine.get(address, 0) for mine in counts) for address in zones}
    return Zones(
        cv=cv(total.values()),
        stayed=stayed / sum(total.values()),
        failed=sum(call.status != "OK" for call in calls),
    )


def _since(proxy: RunningProxy, before: dict[str, int]) -> dict[str, int]:
    return {address: count - before.get(address, 0) for address, count in proxy.requests(ZONED).items()}
