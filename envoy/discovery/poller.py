"""Following one service of Cloud Map: when to ask, what to believe, what to keep."""

import logging
import random
from dataclasses import dataclass, field

from discovery.cloud_map import CloudMap, CloudMapError
from discovery.endpoints import Converted, Endpoint, convert
from discovery.metrics import Metrics
from discovery.pace import Pace

SETTLE_SECONDS = 60.0
"""
How long after a change the whole list is asked for at every poll. A new task is registered as unhealthy and
becomes healthy later, and health changes no revision (API reference: DiscoverInstancesRevision).
"""

FULL_SECONDS = 5.0
"""How often the whole list is asked for at other times, for the same reason."""

MOST_BACK_OFF, MOST_THROTTLED_BACK_OFF = 5.0, 30.0
"""The longest wait in seconds after failures, and after throttles, which more calls would only prolong."""

log = logging.getLogger("discovery")


@dataclass(kw_only=True)
class Poller:
    """Follows one service.

    Attributes:
        cloud_map: Where to ask.
        name: What logs and metrics call the service: Envoy's cluster.
        service: Its name in the namespace.
        port: The TCP port of an instance that names none.
        pace: When to ask.
        empty_grace: How long in seconds an answer without instances has to hold until it is believed.
        metrics: Where it counts.
        endpoints: What is believed; None before anything is.
        answered: Whether there was an answer, an empty one included.

    """

    cloud_map: CloudMap
    name: str
    service: str
    port: int
    pace: Pace
    empty_grace: float
    metrics: Metrics
    endpoints: tuple[Endpoint, ...] | None = None
    answered: bool = False
    _revision: int | None = field(default=None, init=False)
    _changed_at: float = field(default=0.0, init=False)
    _asked_at: float = field(default=0.0, init=False)
    _empty_since: float | None = field(default=None, init=False)
    _failures: int = field(default=0, init=False)
    _complaint: str | None = field(default=None, init=False)

    def poll(self) -> float:
        """Ask once, and return the seconds to wait until the next time; a failure leaves all as it was."""
        try:
            self._ask()
        except CloudMapError as error:
            return self._failed(error)
        if self._complaint:
            log.info("cloud map answers again", extra={"service": self.name, "failures": self._failures})
        self._failures, self._complaint = 0, None
        self.metrics.succeeded(self.name)
        return self.pace.until_next()

    def _ask(self) -> None:
        now = self.pace.clock()
        # An empty list that is not believed yet is asked for again: it may be an error of Cloud Map's.
        unsettled = self._empty_since is not None or now - self._changed_at < SETTLE_SECONDS
        if self._revision is None or not unsettled:
            revision = self.cloud_map.revision(self.service)
            if revision == self._revision and now - self._asked_at < FULL_SECONDS:
                return
        else:
            revision = self._revision
        answer = self.cloud_map.instances(self.service)
        converted = convert(answer.instances, self.port)
        if answer.instances and not converted.endpoints:
            raise CloudMapError("malformed", f"{self.service}: no instance has a usable address and port")
        if answer.revision is not None:
            revision = answer.revision
        if revision != self._revision:
            self._changed_at = now
        self._revision, self._asked_at = revision, now
        self._believe(converted, now)

    def _believe(self, converted: Converted, now: float) -> None:
        self.answered = True
        self.metrics.skipped(self.name, converted.skipped)
        if converted.endpoints or not self.endpoints:
            self._empty_since = None
            self._accept(converted.endpoints)
            return
        if self._empty_since is None:
            self._empty_since = now
            log.warning(
                "cloud map lists no instance; the last ones stay for a while",
                extra={"service": self.name, "grace_seconds": self.empty_grace},
            )
        if now - self._empty_since >= self.empty_grace:
            self._empty_since = None
            self._accept(())

    def _accept(self, endpoints: tuple[Endpoint, ...]) -> None:
        if endpoints == self.endpoints:
            return
        known = set(self.endpoints or ())
        log.info(
            "endpoints changed",
            extra={
                "service": self.name,
                "endpoints": len(endpoints),
                "added": [f"{new.address}:{new.port}" for new in endpoints if new not in known],
                "removed": [f"{old.address}:{old.port}" for old in sorted(known - set(endpoints))],
            },
        )
        self.endpoints = endpoints

    def _failed(self, error: CloudMapError) -> float:
        self._failures += 1
        self.metrics.failed(self.name, error.kind)
        if self._complaint != error.kind:  # once for each kind: an hour's outage is no 3,600 lines
            log.warning(
                "cloud map gives no answer; the last endpoints stay",
                extra={"service": self.name, "kind": error.kind, "error": str(error)},
            )
        self._complaint = error.kind
        most = MOST_THROTTLED_BACK_OFF if error.kind == "throttled" else MOST_BACK_OFF
        wait = min(most, self.pace.interval * 2 ** min(self._failures, 16))
        return wait * random.uniform(0.5, 1)
