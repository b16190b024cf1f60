"""Services that are polled by the same threads, so that one API that is slow does not delay the others."""

import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from discovery.events.trust import Trust
from discovery.metrics import Metrics
from discovery.poller import Poller
from discovery.schedule.schedule import BURST_SECONDS, POLLS_PER_SECOND, Schedule
from discovery.schedule.ticks import Ticks
from discovery.schedule.workers import Workers
from discovery.watchdog import Watchdog

UNEXPECTED_SECONDS = 5.0
"""How long a service waits after an unexpected error."""

MAX_STRANGERS = 2000
"""How many ECS services of others are remembered."""

log = logging.getLogger("discovery")


@dataclass(frozen=True, kw_only=True)
class Polled:
    """A list of tasks that is polled, and what is done with it after each poll."""

    poller: Poller
    then: Callable[[], object]


@dataclass(frozen=True, kw_only=True)
class Lane:
    """Services that share threads.

    Attributes:
        name: The name of its threads; no service has it, because it has spaces.
        threads: How many threads it has.
        polled: Its services, by a name that no other has.

    """

    name: str
    threads: int
    polled: Mapping[str, Polled]


class Lanes:
    """Polls all services.

    Args:
        lanes: The services.
        ticks: The moments of polls.
        trust: Whether ECS's events are heard.
        ecs_cluster: The ECS cluster of these events; empty if there are none.
        fast_start: How many seconds after the start no service is asked about rarely.
        metrics: Counts polls.

    """

    def __init__(
        self,
        lanes: Iterable[Lane],
        ticks: Ticks,
        trust: Trust,
        *,
        ecs_cluster: str,
        fast_start: float,
        metrics: Metrics,
    ) -> None:
        self._trust, self._ecs_cluster, self._metrics = trust, ecs_cluster, metrics
        self._lanes = [lane for lane in lanes if lane.polled]
        services = sum(len(lane.polled) for lane in self._lanes)
        self._schedules = [
            Schedule(
                tuple(lane.polled),
                ticks,
                trust,
                polls_per_second=POLLS_PER_SECOND * len(lane.polled) / services,
                fast_start=fast_start,
            )
            for lane in self._lanes
        ]
        self._strangers: dict[str, None] = {}
        self._lock = threading.Lock()

    def start(self, watchdog: Watchdog, stop: threading.Event) -> None:
        """Start the threads."""
        for lane, schedule in zip(self._lanes, self._schedules, strict=True):
            Workers(
                lane.name,
                schedule,
                lambda key, lane=lane, schedule=schedule: self._poll(lane, schedule, key),
                watchdog,
                stop,
            ).start(min(lane.threads, len(lane.polled)))

    def changes(self, ecs_services: Iterable[str]) -> None:
        """Ask often about the services whose tasks `ecs_services` run.

        One that no list has named yet may be the first of its Cloud Map service, so all are asked about.
        """
        asked = set(ecs_services)
        for lane, schedule in zip(self._lanes, self._schedules, strict=True):
            named = {key: self._names(polled.poller) for key, polled in lane.polled.items()}
            asked_keys = [key for key, names in named.items() if names & asked]
            self._trust.announced(asked_keys)
            schedule.burst(asked_keys)
        if self._has_news(asked - self._known()):
            for lane, schedule in zip(self._lanes, self._schedules, strict=True):
                self._trust.announced(lane.polled)
                schedule.hurry(BURST_SECONDS)

    def check(self) -> None:
        """Ask about all services often if events turn out to be missing; call it about every second."""
        if late := self._trust.lost():
            self._metrics.surprised(len(late))
            self.hurry()
        self._metrics.pace(heard=self._trust(), fast=sum(schedule.fast for schedule in self._schedules))

    def hurry(self) -> None:
        """Ask about all services often, now that events are not heard."""
        for schedule in self._schedules:
            schedule.hurry()

    def _names(self, poller: Poller) -> set[str]:
        return {service.name for service in poller.run_by if service.ecs_cluster == self._ecs_cluster}

    def _known(self) -> set[str]:
        pollers = (polled.poller for lane in self._lanes for polled in lane.polled.values())
        return {name for poller in pollers for name in self._names(poller)}

    def _has_news(self, strangers: set[str]) -> bool:
        """Return whether one of `strangers` was never seen before, and remember them."""
        with self._lock:
            news = strangers - self._strangers.keys()
            self._strangers |= dict.fromkeys(news)
            while len(self._strangers) > MAX_STRANGERS:
                del self._strangers[next(iter(self._strangers))]
        return bool(news)

    def _is_told_of(self, poller: Poller) -> bool:
        """Return whether ECS's events tell of all its tasks."""
        clusters = {service.ecs_cluster for service in poller.run_by}
        return bool(self._ecs_cluster) and clusters == {self._ecs_cluster}

    def _poll(self, lane: Lane, schedule: Schedule, key: str) -> None:
        polled = lane.polled[key]
        self._metrics.polled()
        try:
            failed_for = polled.poller.poll()
            polled.then()
        except Exception:  # if this thread ended, nothing would ever update its services again
            log.exception("unexpected error", extra={"service": key})
            failed_for = UNEXPECTED_SECONDS
        told_of, changing = self._is_told_of(polled.poller), polled.poller.changing
        if schedule.polled(key, by_events=told_of, changing=changing, failed_for=failed_for):
            self._trust.surprised(key)
        if failed_for is None:
            self._metrics.waits(polled.poller.name, schedule.wait(key))
