"""How many calls arrive at the proxies of each zone: each sidecar asks its own Envoy, and then its peers."""

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
"""Over which rates are measured: clients hold their connections for minutes, so arrivals change slowly."""

FORGOTTEN_SECONDS = 10.0
"""How long the word of a peer counts that does not answer any more."""

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
        clock: A clock in seconds that no one sets.

    """

    def __init__(self, admin: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._url = f"http://{admin}{_ASK_ENVOY}"
        self._http = urllib3.PoolManager(timeout=TIMEOUT, retries=False)
        self._clock = clock
        self._samples: deque[_Sample] = deque()
        self._lock = threading.Lock()

    def rates(self) -> Rates:
        """Ask Envoy, and return the calls a second of each cluster over the last `WINDOW_SECONDS`.

        Empty where Envoy does not answer, or has been asked for a shorter time than that.
        """
        with self._lock:  # one after the other: an older count that came later would look like a new Envoy
            try:
                text = self._http.request("GET", self._url).data.decode()
            except (urllib3.exceptions.HTTPError, OSError, ValueError):
                text = ""
            return self._rates({name: int(count) for name, count in _STATISTIC.findall(text)})

    def _rates(self, counts: dict[str, int]) -> Rates:
        samples, now = self._samples, self._clock()
        if samples and any(count < samples[-1].counts.get(name, 0) for name, count in counts.items()):
            samples.clear()  # Envoy began anew
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
        # Between two samples: proxies that are asked at one moment have to count from one moment too, or a
        # load that begins would look heavier at the one that was asked sooner.
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
    """What one proxy says of itself."""

    zone: str
    rates: Rates

    def to_json(self) -> bytes:
        """Return it as a peer reads it."""
        return json.dumps({"zone": self.zone, "rates": self.rates}).encode()


class Peers:
    """What all tasks of the proxy say, this one included.

    Args:
        port: The TCP port that sidecars answer on.
        clock: A clock that no one sets.

    """

    def __init__(self, port: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._port = port
        self._http = urllib3.PoolManager(timeout=TIMEOUT, retries=False)
        self._clock = clock
        self._reports: dict[str, tuple[float, Report]] = {}
        self._lock = threading.Lock()

    def ask(self, addresses: Sequence[str]) -> None:
        """Ask the sidecars at `addresses`, and forget all others."""
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
        """Return the calls a second to `service` by zone; None unless every proxy is known."""
        now, found = self._clock(), dict[str, float]()
        with self._lock:
            for address in addresses:
                at, report = self._reports.get(address, (0.0, None))
                if report is None or now - at > FORGOTTEN_SECONDS or not (report.zone and report.rates):
                    return None
                found[report.zone] = found.get(report.zone, 0.0) + report.rates.get(service, 0.0)
        return found or None


def _report(text: bytes) -> Report | None:
    try:
        values = json.loads(text)
        rates = cast("dict[str, object]", values["rates"])
        return Report(str(values["zone"]), {name: float(str(rate)) for name, rate in rates.items()})
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
