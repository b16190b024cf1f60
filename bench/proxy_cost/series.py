"""Measures how many series a scrape has, and the memory of an Envoy with all of them."""

import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from bench.proxy_cost import envoys
from bench.proxy_cost.load import Caller
from bench.proxy_cost.processor import memory_mib
from rehearsal.processes import PATIENCE_SECONDS

TASKS = 20
"""The number of endpoints of each service."""


@dataclass(frozen=True)
class Series:
    """A scrape after calls of every method.

    Attributes:
        count: The number of series.
        by_metric: The number of series by metric; a histogram's buckets, sum and count are one metric.
        scrape_ms: The duration of the scrape.
        bytes: The size of the answer.
        memory_mib: Envoy's memory.

    """

    count: int
    by_metric: dict[str, int]
    scrape_ms: float
    bytes: int
    memory_mib: float


def measure(folder: Path, address: str, pid: int) -> Series:
    """Call every method of the Envoy `pid` at `address`; scrape it as soon as it shows the last call."""
    last_line = f'grpc_method="{envoys.method(envoys.SERVICES * envoys.METHODS - 1)}"}} {TASKS * 2}'
    for number in range(envoys.SERVICES * envoys.METHODS):
        Caller(folder, [f"{address}:{envoys.PORT}"], envoys.method(number)).full_load(TASKS * 2)
    end = time.monotonic() + PATIENCE_SECONDS
    while last_line not in _scrape(address) and time.monotonic() < end:
        time.sleep(1)  # Envoy merges histograms every 5 s
    begin = time.monotonic()
    text = _scrape(address)
    seconds = time.monotonic() - begin
    names = [line.partition("{")[0] for line in text.splitlines() if line and not line.startswith("#")]
    by_metric: dict[str, int] = {}
    for name in names:
        metric = name.removesuffix("_bucket").removesuffix("_sum").removesuffix("_count")
        by_metric[metric] = by_metric.get(metric, 0) + 1
    return Series(len(names), by_metric, 1000 * seconds, len(text), memory_mib(pid))


def _scrape(address: str) -> str:
    url = f"http://{address}:{envoys.METRICS_PORT}/stats/prometheus"
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read().decode()
