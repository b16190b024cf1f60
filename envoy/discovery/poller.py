"""Polls one service: when to ask its source, which answers to accept, what to keep after a failure."""

import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from discovery.aws.error import AwsError
from discovery.endpoints import Converted, EcsService, Endpoint
from discovery.metrics import Metrics

MAX_BACK_OFF, MAX_THROTTLED_BACK_OFF = 5.0, 30.0
"""The longest wait in seconds after failures, and after throttling, which more calls would only prolong."""

log = logging.getLogger("discovery")


class Source(Protocol):
    """Knows the tasks of one service: Cloud Map, or ECS itself."""

    @property
    def title(self) -> str:
        """Who lists the tasks, for logs."""
        ...

    def read(self, now: float, *, whole: bool) -> Converted | None:
        """Return the endpoints that are listed, or None if they have not changed.

        Args:
            now: The time in seconds of a monotonic clock.
            whole: Whether the list is wanted even if it has not changed.

        Raises:
            AwsError: There is no usable answer.

        """
        ...

    def close(self) -> None:
        """Close this thread's connection."""
        ...


@dataclass(kw_only=True)
class Poller:
    """Polls one service.

    Attributes:
        source: Knows its tasks.
        name: The service's name in logs and metrics: that of Envoy's cluster.
        empty_grace: The source has to list no task for so many seconds before that is accepted.
        metrics: Counts answers and failures.
        interval: The shortest time between two polls in seconds; a failure doubles it.
        clock: A monotonic clock in seconds.
        endpoints: The endpoints that were last accepted; None before the first.
        answered: Whether the source has answered at all, even with an empty list.
        run_by: The ECS services whose tasks the last list had that was not empty.
        changing: Whether the last poll found another list, or one that is not accepted yet.

    """

    source: Source
    name: str
    empty_grace: float
    metrics: Metrics
    interval: float = 1.0
    clock: Callable[[], float] = time.monotonic
    endpoints: tuple[Endpoint, ...] | None = None
    answered: bool = False
    run_by: frozenset[EcsService] = frozenset()
    changing: bool = field(default=False, init=False)
    _empty_since: float | None = field(default=None, init=False)
    _failures: int = field(default=0, init=False)
    _logged_kind: str | None = field(default=None, init=False)

    def poll(self) -> float | None:
        """Ask once; after a failure, return how many seconds to wait. The endpoints stay then."""
        self.changing = False
        try:
            now = self.clock()
            # An empty list may be a mistake, so it is asked for again until it is accepted.
            read = self.source.read(now, whole=self._empty_since is not None)
        except AwsError as error:
            return self._failed(error)
        if read is not None:
            self._consider(read, now)
            self.answered = True  # only now: Envoy's start waits for it and takes what is known
        if self._logged_kind:
            log.info(
                f"{self.source.title} answers again",
                extra={"service": self.name, "failures": self._failures},
            )
        self._failures, self._logged_kind = 0, None
        self.metrics.succeeded(self.name)
        return None

    def _consider(self, converted: Converted, now: float) -> None:
        self.metrics.skipped(self.name, converted.skipped)
        self.run_by = converted.run_by or self.run_by
        if converted.endpoints or not self.endpoints:
            self._empty_since = None
            self._accept(converted.endpoints)
            return
        self.changing = True
        if self._empty_since is None:
            self._empty_since = now
            log.warning(
                f"{self.source.title} lists no instance; the last endpoints stay for the grace period",
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
        self.changing = self.endpoints is not None
        self.endpoints = endpoints

    def _failed(self, error: AwsError) -> float:
        self._failures += 1
        self.metrics.failed(self.name, error.kind)
        if self._logged_kind != error.kind:  # once for each kind, not 3,600 lines in an outage of an hour
            log.warning(
                f"{self.source.title} gives no usable answer; the last endpoints stay",
                extra={"service": self.name, "kind": error.kind, "error": str(error)},
            )
        self._logged_kind = error.kind
        longest = MAX_THROTTLED_BACK_OFF if error.kind == "throttled" else MAX_BACK_OFF
        wait = min(longest, self.interval * 2 ** min(self._failures, 16))
        return wait * random.uniform(0.5, 1)
