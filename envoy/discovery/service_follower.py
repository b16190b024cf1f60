"""Brings one service from its source to Envoy: polls it, weighs its zones, writes its file."""

import logging
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from discovery.endpoints import Endpoint
from discovery.endpoints_file import EndpointsFile
from discovery.metrics import Metrics
from discovery.poller import Poller
from discovery.zones.weights import SCALE, Balance, can_prefer_a_zone, even_balance, own_zone_balance

MIN_WEIGHT_CHANGE = SCALE // 50
"""A change of weights below 2 % is not written: traffic always varies, and each new file costs Envoy CPU."""

Traffic = Callable[[str], tuple[str, Mapping[str, float]] | None]
"""Returns this proxy's zone and a service's calls a second by zone; None unless all of it is known."""

log = logging.getLogger("discovery")


@dataclass(kw_only=True)
class ServiceFollower:
    """Keeps Envoy's file of one service in step with its source.

    Attributes:
        poller: Reads the service's endpoints from its source.
        file: The file that Envoy reads.
        traffic: Returns where the calls to the service arrive; None if the service ignores zones.
        metrics: Counts what is written.

    """

    poller: Poller
    file: EndpointsFile
    traffic: Traffic | None
    metrics: Metrics
    file_from_earlier_run: bool = field(init=False)
    _written: tuple[tuple[Endpoint, ...], Balance | None] | None = field(default=None, init=False)
    _error_logged: bool = field(default=False, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def __post_init__(self) -> None:
        # If only this container was restarted, Envoy still runs with the last good endpoints.
        self.poller.endpoints = self.file.read()
        self.file_from_earlier_run = self.poller.endpoints is not None

    @property
    def waiting(self) -> bool:
        """Whether Envoy would know nothing about this service if it started now."""
        return not (self.poller.answered or self.file_from_earlier_run)

    def write(self) -> bool:
        """Write the known endpoints unless the file has them; return whether the file has them now."""
        with self._lock:
            endpoints = self.poller.endpoints
            if endpoints is None:
                return False
            balance = self._new_balance(endpoints)
            # True nearly every time. To render the file only to compare it would cost more than a poll.
            if self._written == (endpoints, balance):
                return True
            return self._try(lambda: self._write(endpoints, balance))

    def begin(self) -> bool:
        """Write the file that Envoy needs to start, with what is known so far; return whether it is there."""
        if self.poller.endpoints is not None:
            return self.write()
        with self._lock:
            return self._try(self.file.begin)

    def _write(self, endpoints: tuple[Endpoint, ...], balance: Balance | None) -> None:
        if self.file.write(endpoints, balance):
            self.metrics.written(self.poller.name, len(endpoints))
        self._written = (endpoints, balance)

    def _new_balance(self, endpoints: tuple[Endpoint, ...]) -> Balance | None:
        if self.traffic is None or not endpoints:
            return None
        tasks = Counter(endpoint.zone for endpoint in endpoints)
        zone_and_traffic = self.traffic(self.poller.name) if can_prefer_a_zone(tasks) else None
        # A task of weight 2 takes the calls of two, also among zones.
        for endpoint in endpoints:
            tasks[endpoint.zone] += endpoint.weight - 1
        if zone_and_traffic:
            own_zone, traffic = zone_and_traffic
            new = own_zone_balance(own_zone, tasks, traffic)
            self.metrics.own_zone(self.poller.name, new.weights.get(own_zone, 0) / sum(new.weights.values()))
        else:
            new = even_balance(tasks)
        old_endpoints, old = self._written or ((), None)
        if old and old_endpoints == endpoints and not new.differs(old, minimum=MIN_WEIGHT_CHANGE):
            return old
        return new

    def _try(self, write: Callable[[], None]) -> bool:
        try:
            write()
        except OSError as error:
            self.metrics.not_written(self.poller.name)
            if not self._error_logged:
                log.error(  # without a traceback: it would add nothing
                    "cannot write envoy's file; envoy keeps the old one, and every poll tries again",
                    extra={"service": self.poller.name, "file": str(self.file.path), "error": str(error)},
                )
            self._error_logged = True
            return False
        self._error_logged = False
        return True
