"""The thread that hears ECS's events, and whether they can be relied on."""

import logging
import random
import threading
import time
from collections.abc import Callable, Iterable, Sequence

from discovery.aws.error import AwsError
from discovery.events.peers import Peers
from discovery.events.queue import EventQueue, Message
from discovery.metrics import Metrics
from discovery.watchdog import Watchdog

DEAF_SECONDS = 5.0
"""After so many seconds without the queue, events count as not heard."""

MAX_BACK_OFF = 30.0
"""The longest time in seconds between two attempts to read the queue."""

TOLD_SECONDS = 10.0
"""The other sidecars are told of the same service at most this often: a burst lasts six times as long."""

EVENTS_THREAD = "events of ECS"

log = logging.getLogger("discovery")


class Listener:
    """Reads the queue, and says of which ECS services there was an event.

    Args:
        queue: The queue of this proxy.
        peers: The other sidecars.
        addresses: Returns the addresses of all sidecars of the proxy.
        changes: Is called with the ECS services that change.
        hearing: Is called with whether events are heard, when that changes.
        metrics: Counts events.
        clock: A monotonic clock in seconds.

    """

    def __init__(
        self,
        queue: EventQueue,
        peers: Peers,
        *,
        addresses: Callable[[], Sequence[str]],
        changes: Callable[[Iterable[str]], None],
        hearing: Callable[[bool], None],
        metrics: Metrics,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._queue, self._peers = queue, peers
        self._addresses, self._changes, self._hearing = addresses, changes, hearing
        self._metrics, self._clock = metrics, clock
        self._hears: bool | None = None
        self._failures = 0
        self._failing_since: float | None = None
        self._told: dict[str, float] = {}

    def run(self, stop: threading.Event, watchdog: Watchdog) -> None:
        """Listen until `stop`."""
        wait = 0.0
        while not stop.wait(wait):
            watchdog.heard(EVENTS_THREAD)
            try:
                wait = self.listen()
            except Exception:  # if this thread ended, changes would be found late
                log.exception("unexpected error", extra={"service": EVENTS_THREAD})
                self._set(hears=False)
                wait = DEAF_SECONDS

    def listen(self) -> float:
        """Read the queue once; return the seconds to wait until the next time."""
        try:
            # The first answer, and one after a failure, tells at once whether the queue can be read.
            messages = self._queue.receive(wait=self._failures == 0 and self._hears is not None)
        except AwsError as error:
            return self._failed(error)
        self._failures, self._failing_since = 0, None
        self._set(hears=True)
        if messages:
            self._handle(messages)
        return 0.0

    def _handle(self, messages: list[Message]) -> None:
        named = {message.ecs_service for message in messages if message.ecs_service}
        self._metrics.events(len(messages), of_services=sum(m.ecs_service is not None for m in messages))
        self._changes(named)
        self._tell(named)
        # Only now: if this sidecar had died before, another would have got the messages.
        try:
            self._queue.delete(messages)
        except AwsError as error:
            log.warning("messages of the queue were not deleted, and come again", extra={"error": str(error)})

    def _tell(self, named: set[str]) -> None:
        now = self._clock()
        self._told = {name: at for name, at in self._told.items() if now - at < TOLD_SECONDS}
        if news := named - self._told.keys():
            self._metrics.not_told(self._peers.tell(self._addresses(), news))
            self._told |= dict.fromkeys(news, now)

    def _failed(self, error: AwsError) -> float:
        now = self._clock()
        self._failures += 1
        if self._failing_since is None:
            self._failing_since = now
        if self._hears is None or now - self._failing_since >= DEAF_SECONDS:
            self._set(hears=False, error=error)
        return min(MAX_BACK_OFF, 2.0 ** min(self._failures - 1, 16)) * random.uniform(0.5, 1)

    def _set(self, *, hears: bool, error: AwsError | None = None) -> None:
        if hears is self._hears:
            return
        if not hears:
            problem = "ECS's events cannot be read, so all services are asked about as often as allowed"
            log.warning(problem, extra={"kind": error.kind if error else "", "error": str(error or "")})
        elif self._hears is not None:
            log.info("ECS's events are read again")
        self._hears = hears
        self._hearing(hears)
