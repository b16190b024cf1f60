"""Whether ECS's events can be relied on: the queue can be read, and no change came without an event."""

import logging
import threading
import time
from collections.abc import Callable, Iterable

LATE_SECONDS = 10.0
"""An event may come so long after the change that it announces: most take less than 2 seconds."""

DISTRUST_SECONDS = 600.0
"""
For so long after a change without an event every service is asked about as if there were no events. A rule
that is disabled and a queue that refuses it look the same as a cluster in which nothing happens.
"""

log = logging.getLogger("discovery")


class Trust:
    """Whether events are heard. Threads share it; `clock` is monotonic, in seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._readable = False
        self._surprises: dict[str, float] = {}
        self._distrusted_until: float | None = None

    def __call__(self) -> bool:
        """Return whether a service may be asked about rarely, because an event would tell of a change."""
        return self._readable and self._distrusted_until is None

    def readable(self, readable: bool) -> None:
        """Note whether the queue can be read."""
        self._readable = readable

    def surprised(self, key: str) -> None:
        """Note a change of `key` that no event has announced; the event may still come."""
        with self._lock:
            self._surprises.setdefault(key, self._clock())

    def announced(self, keys: Iterable[str]) -> None:
        """Note an event of `keys`."""
        with self._lock:
            for key in keys:
                self._surprises.pop(key, None)

    def lost(self) -> list[str]:
        """Return what has changed without an event, as is certain now. Ask about every second."""
        with self._lock:
            now = self._clock()
            if self._distrusted_until is not None and now >= self._distrusted_until:
                self._distrusted_until = None
            late = [key for key, at in self._surprises.items() if now - at >= LATE_SECONDS]
            for key in late:
                del self._surprises[key]
            if not late:
                return []
            was_trusted = self._distrusted_until is None
            self._distrusted_until = now + DISTRUST_SECONDS
        if was_trusted:
            problem = "a change came without an event, so all services are asked about as often as allowed"
            log.warning(problem, extra={"services": late, "seconds": DISTRUST_SECONDS})
        return late
