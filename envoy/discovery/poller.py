"""Polls one service of Cloud Map: when to ask, which answers to accept, what to keep after a failure."""

import logging
import random
from dataclasses import dataclass, field

from discovery.cloud_map.client import CloudMap, Health
from discovery.cloud_map.error import CloudMapError
from discovery.endpoints import Converted, Endpoint, convert
from discovery.metrics import Metrics
from discovery.pace import Pace

SETTLE_SECONDS = 60.0
"""
If Cloud Map's health counts, every poll asks for the whole list for so long after a change. A new task is
registered as unhealthy and becomes healthy later, and a change of health does not change the revision (API
reference: DiscoverInstancesRevision).
"""

FULL_SECONDS: dict[Health, float] = {"HEALTHY_OR_ELSE_ALL": 5.0, "ALL": 60.0}
"""
At other times the whole list is asked for this often: for the same reason, or to be sure that no change was
missed.
"""

DENIED_SECONDS = 300.0
"""If a policy denies DiscoverInstancesRevision, every poll asks for the whole list for so long."""

MAX_BACK_OFF, MAX_THROTTLED_BACK_OFF = 5.0, 30.0
"""The longest wait in seconds after failures, and after throttling, which more calls would only prolong."""

log = logging.getLogger("discovery")


@dataclass(kw_only=True)
class Poller:
    """Polls one service.

    Attributes:
        cloud_map: The API to ask.
        name: The service's name in logs and metrics: that of Envoy's cluster.
        service: Its name in the namespace.
        port: The TCP port of instances without a port attribute.
        health: Which instances to list.
        pace: The times of the polls.
        empty_grace: Cloud Map has to list no instance for so many seconds before that is accepted.
        metrics: Counts answers and failures.
        endpoints: The endpoints that were last accepted; None before the first.
        answered: Whether Cloud Map has answered at all, even with an empty list.

    """

    cloud_map: CloudMap
    name: str
    service: str
    port: int
    health: Health
    pace: Pace
    empty_grace: float
    metrics: Metrics
    endpoints: tuple[Endpoint, ...] | None = None
    answered: bool = False
    _revision: int | None = field(default=None, init=False)
    _denied_until: float | None = field(default=None, init=False)
    _changed_at: float = field(default=0.0, init=False)
    _asked_at: float = field(default=0.0, init=False)
    _empty_since: float | None = field(default=None, init=False)
    _failures: int = field(default=0, init=False)
    _logged_kind: str | None = field(default=None, init=False)

    def poll(self) -> float:
        """Ask once; return the seconds to wait until the next poll. After a failure the endpoints stay."""
        try:
            self._ask()
        except CloudMapError as error:
            return self._failed(error)
        if self._logged_kind:
            log.info("cloud map answers again", extra={"service": self.name, "failures": self._failures})
        self._failures, self._logged_kind = 0, None
        self.metrics.succeeded(self.name)
        return self.pace.until_next()

    def _ask(self) -> None:
        now = self.pace.clock()
        # An empty list may be a mistake of Cloud Map, so it is asked for again until it is accepted.
        health_may_change = self.health != "ALL" and now - self._changed_at < SETTLE_SECONDS
        revision = self._revision
        if revision is None or not (self._empty_since is not None or health_may_change):
            revision = self._ask_revision(now)
            is_known = revision is not None and revision == self._revision
            if is_known and now - self._asked_at < FULL_SECONDS[self.health]:
                return
        answer = self.cloud_map.instances(self.service, self.health)
        converted = convert(answer.instances, self.port)
        if answer.instances and not converted.endpoints:
            raise CloudMapError("malformed", f"{self.service}: no instance has a usable address and port")
        if answer.revision is not None:
            revision = answer.revision
        if revision != self._revision:
            self._changed_at = now
        self._revision, self._asked_at = revision, now
        self._consider(converted, now)
        self.answered = True  # only now: Envoy's start waits for it and takes what is known

    def _ask_revision(self, now: float) -> int | None:
        """Return the revision; None if a policy denies the question, such as that of a VPC endpoint."""
        if self._denied_until is not None and now < self._denied_until:
            return None
        try:
            revision = self.cloud_map.revision(self.service)
        except CloudMapError as error:
            if not error.is_denied:
                raise
            if self._denied_until is None:
                log.warning(
                    "DiscoverInstancesRevision is denied; DiscoverInstances is asked every time",
                    extra={"service": self.name, "error": str(error)},
                )
            self._denied_until = now + DENIED_SECONDS
            return None
        self._denied_until = None
        return revision

    def _consider(self, converted: Converted, now: float) -> None:
        self.metrics.skipped(self.name, converted.skipped)
        if converted.endpoints or not self.endpoints:
            self._empty_since = None
            self._accept(converted.endpoints)
            return
        if self._empty_since is None:
            self._empty_since = now
            log.warning(
                "cloud map lists no instance; the last endpoints stay for the grace period",
                extra={"service": self.name, "grace_seconds": self.empty_grace},
            )
        if now - self._empty_since >= self.empty_grace:
            self._empty_since = None
            self._accept(())

    def _accept(self, endpoints: tuple[Endpoint, ...]) -> None:
        if endpoints == self.endpoints:
            return
        before = set(self.endpoints or ())
        log.info(
            "endpoints changed",
            extra={
                "service": self.name,
                "endpoints": len(endpoints),
                "added": [f"{new.address}:{new.port}" for new in endpoints if new not in before],
                "removed": [f"{old.address}:{old.port}" for old in sorted(before - set(endpoints))],
            },
        )
        self.endpoints = endpoints

    def _failed(self, error: CloudMapError) -> float:
        self._failures += 1
        self.metrics.failed(self.name, error.kind)
        if self._logged_kind != error.kind:  # once for each kind, not 3,600 lines in an outage of an hour
            log.warning(
                "cloud map gives no usable answer; the last endpoints stay",
                extra={"service": self.name, "kind": error.kind, "error": str(error)},
            )
        self._logged_kind = error.kind
        longest = MAX_THROTTLED_BACK_OFF if error.kind == "throttled" else MAX_BACK_OFF
        wait = min(longest, self.pace.interval * 2 ** min(self._failures, 16))
        return wait * random.uniform(0.5, 1)
