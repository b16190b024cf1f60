"""One service from Cloud Map to Envoy: its poller, its file, and the weights of its zones."""

import logging
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from discovery.endpoints import Endpoint
from discovery.endpoints_file import EndpointsFile
from discovery.metrics import Metrics
from discovery.poller import Poller
from discovery.zones import SCALE, Balance, even, preferring, prefers_own_zone

WORTH_WRITING = SCALE // 50
"""Weights that moved by less than 2 % stay: traffic is never steady, and each file is work for Envoy."""

Traffic = Callable[[str], tuple[str, Mapping[str, float]] | None]
"""This proxy's zone, and a service's calls a second by zone; None where not all of it is known."""

log = logging.getLogger("discovery")


@dataclass(kw_only=True)
class Followed:
    """A service that Envoy learns of.

    Attributes:
        poller: What Cloud Map says.
        file: What Envoy reads.
        traffic: Where calls to it arrive; None where zones do not matter.
        metrics: Where it counts.

    """

    poller: Poller
    file: EndpointsFile
    traffic: Traffic | None
    metrics: Metrics
    known_before: bool = field(init=False)
    _has: tuple[tuple[Endpoint, ...], Balance | None] | None = field(default=None, init=False)
    _complaining: bool = field(default=False, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def __post_init__(self) -> None:
        # After a restart beside a running Envoy: what it has is the last that was good.
        self.poller.endpoints = self.file.read()
        self.known_before = self.poller.endpoints is not None

    @property
    def waiting(self) -> bool:
        """Whether Envoy would know nothing of this service if it started now."""
        return not (self.poller.answered or self.known_before)

    def write(self) -> bool:
        """Write what is believed, if anything is and Envoy has other; return whether Envoy has it."""
        with self._lock:
            endpoints = self.poller.endpoints
            if endpoints is None:
                return False
            balance = self._new_balance(endpoints)
            if self._has == (endpoints, balance):  # nearly always: rendering the file costs more than a poll
                return True
            return self._try(lambda: self._write(endpoints, balance))

    def begin(self) -> bool:
        """Make the file that Envoy starts with, with all that is known; return whether there is one."""
        if self.poller.endpoints is not None:
            return self.write()
        with self._lock:
            return self._try(self.file.begin)

    def _write(self, endpoints: tuple[Endpoint, ...], balance: Balance | None) -> None:
        if self.file.write(endpoints, balance):
            self.metrics.written(self.poller.name, len(endpoints))
        self._has = (endpoints, balance)

    def _new_balance(self, endpoints: tuple[Endpoint, ...]) -> Balance | None:
        if self.traffic is None or not endpoints:
            return None
        tasks = Counter(endpoint.zone for endpoint in endpoints)
        known = self.traffic(self.poller.name) if prefers_own_zone(tasks) else None
        wanted = preferring(known[0], tasks, known[1]) if known else even(tasks)
        if known:
            own = wanted.weights.get(known[0], 0)
            self.metrics.own_zone(self.poller.name, own / sum(wanted.weights.values()))
        had, balance = self._has or ((), None)
        if balance and had == endpoints and not wanted.differs(balance, least=WORTH_WRITING):
            return balance
        return wanted

    def _try(self, writing: Callable[[], None]) -> bool:
        try:
            writing()
        except OSError as error:
            self.metrics.not_written(self.poller.name)
            if not self._complaining:
                log.error(  # its traceback would tell nothing more
                    "cannot write for envoy; it keeps what it has, and every poll tries again",
                    extra={"service": self.poller.name, "file": str(self.file.path), "error": str(error)},
                )
            self._complaining = True
            return False
        self._complaining = False
        return True
