"""How many calls arrive at the proxies of each zone. Each sidecar asks its own Envoy, then its peers."""

import json
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import urllib3

WINDOW_SECONDS = 10.0
"""The time over which rates are measured. Clients keep connections for minutes, so rates change slowly."""

REPORT_SECONDS = 10.0
"""How long the last report of a peer counts after the peer has stopped answering."""

TIMEOUT = urllib3.Timeout(connect=0.5, read=1.0)

_STATISTIC = re.compile(r"cluster\.([^.]+)\.upstream_rq_total: (\d+)")
_ASK_ENVOY = "/stats?filter=%5Ecluster%5C.%5B%5E.%5D%2B%5C.upstream_rq_total%24"

Rates = dict[str, float]
"""Calls a second, by Envoy's cluster."""


@dataclass(frozen=True)
class _Sample:
    at: float
    counts: dict[str, int]


class OwnTraffic:
    """The calls that arrive at this task's Envoy.

    Args:
        admin: The `address:port` of Envoy's admin interface.
        clock: A monotonic clock in seconds.

    """

    def __init__(self, admin: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._url = f"http://{admin}{_ASK_ENVOY}"
        self._http = urllib3.PoolManager(timeout=TIMEOUT, retries=False)
        self._clock = clock
        self._samples: deque[_Sample] = deque()
        self._lock = threading.Lock()

    def rates(self) -> Rates:
        """Ask Envoy; return the calls a second of each cluster over the last `WINDOW_SECONDS`.

        Empty if Envoy does not answer, or if its first count is more recent than that.
        """
        # Under the lock, so that counts come in order: a smaller count after a larger one means a new Envoy.
        with self._lock:
            try:
                text = self._http.request("GET", self._url).data.decode()
            except (urllib3.exceptions.HTTPError, OSError, ValueError):
                text = ""
            return self._rates({name: int(count) for name, count in _STATISTIC.findall(text)})

    def _rates(self, counts: dict[str, int]) -> Rates:
        samples, now = self._samples, self._clock()
        if samples and any(count < samples[-1].counts.get(name, 0) for name, count in counts.items()):
            samples.clear()  # Envoy was restarted, and counts from 0
        if not counts:
            samples.clear()
            return {}
        samples.append(_Sample(now, counts))
        begin = now - WINDOW_SECONDS
        while len(samples) > 2 and samples[1].at <= begin:
            samples.popleft()
        first, second = samples[0], samples[min(1, len(samples) - 1)]
        if first.at > begin:
            return {}
        # The window begins between two samples. Proxies that are asked at the same time have to use the same
        # begin: otherwise a load that starts now would look heavier at the proxy with the older sample.
        part = (begin - first.at) / (second.at - first.at)
        return {
            name: (count - _between(first, second, name, part)) / WINDOW_SECONDS
            for name, count in counts.items()
        }


def _between(first: _Sample, second: _Sample, name: str, part: float) -> float:
    at_first = first.counts.get(name, 0)
    return at_first + part * (second.counts.get(name, 0) - at_first)


@dataclass(frozen=True)
class Report:
    """The zone of one proxy, and the calls that arrive at it."""

    zone: str
    rates: Rates

    def to_json(self) -> bytes:
        """Return the answer to `GET /load`."""
        return json.dumps({"zone": self.zone, "rates": self.rates}).encode()


class Peers:
    """The reports of all tasks of the proxy, this one included.

    Args:
        port: The TCP port that the sidecars' HTTP servers bind.
        clock: A monotonic clock in seconds.

    """

    def __init__(self, port: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._port = port
        self._http = urllib3.PoolManager(timeout=TIMEOUT, retries=False)
        self._clock = clock
        self._reports: dict[str, tuple[float, Report]] = {}
        self._lock = threading.Lock()

    def ask(self, addresses: Sequence[str]) -> None:
        """Ask the sidecars at `addresses`; forget the reports of all others."""
        with self._lock:
            self._reports = {
                address: self._reports[address] for address in addresses if address in self._reports
            }
        for address in addresses:
            host = f"[{address}]" if ":" in address else address
            try:
                answer = self._http.request("GET", f"http://{host}:{self._port}/load")
                report = _report(answer.data) if answer.status == 200 else None
            except (urllib3.exceptions.HTTPError, OSError):
                report = None
            if report:
                with self._lock:
                    self._reports[address] = (self._clock(), report)

    def traffic(self, addresses: Sequence[str], service: str) -> Mapping[str, float] | None:
        """Return the calls a second to `service` by zone; None unless every proxy has reported."""
        now, by_zone = self._clock(), dict[str, float]()
        with self._lock:
            for address in addresses:
                at, report = self._reports.get(address, (0.0, None))
                if report is None or now - at > REPORT_SECONDS or not (report.zone and report.rates):
                    return None
                by_zone[report.zone] = by_zone.get(report.zone, 0.0) + report.rates.get(service, 0.0)
        return by_zone or None


def _report(text: bytes) -> Report | None:
    try:
        values = json.loads(text)
        rates = cast("dict[str, object]", values["rates"])
        return Report(str(values["zone"]), {name: float(str(rate)) for name, rate in rates.items()})
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
