"""How many series a scrape has, and what an Envoy with all of them weighs."""

import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from bench.proxy_cost import envoys
from bench.proxy_cost.load import Caller
from bench.proxy_cost.processor import memory_mib

TASKS = 20
"""Endpoints of each service."""


@dataclass(frozen=True)
class Series:
    """A scrape after a call of every method.

    Attributes:
        count: Its series.
        by_metric: Its series by metric, the buckets of a histogram as one.
        scrape_ms: How long it took.
        bytes: How long it is.
        memory_mib: Envoy's memory.

    """

    count: int
    by_metric: dict[str, int]
    scrape_ms: float
    bytes: int
    memory_mib: float


def measure(folder: Path, address: str, pid: int) -> Series:
    """Call every method of the Envoy `pid` at `address`, and scrape it once it has counted the last."""
    last = f'grpc_method="{envoys.method(envoys.SERVICES * envoys.METHODS - 1)}"}} {TASKS * 2}'
    for number in range(envoys.SERVICES * envoys.METHODS):
        Caller(folder, [f"{address}:{envoys.PORT}"], envoys.method(number)).as_fast_as_it_goes(TASKS * 2)
    end = time.monotonic() + 30
    while last not in _scrape(address) and time.monotonic() < end:
        time.sleep(1)  # histograms are merged every 5 s
    begun = time.monotonic()
    text = _scrape(address)
    taken = time.monotonic() - begun
    names = [line.partition("{")[0] for line in text.splitlines() if line and not line.startswith("#")]
    by_metric: dict[str, int] = {}
    for name in names:
        metric = name.removesuffix("_bucket").removesuffix("_sum").removesuffix("_count")
        by_metric[metric] = by_metric.get(metric, 0) + 1
    return Series(len(names), by_metric, 1000 * taken, len(text), memory_mib(pid))


def _scrape(address: str) -> str:
    url = f"http://{address}:{envoys.METRICS_PORT}/stats/prometheus"
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read().decode()
