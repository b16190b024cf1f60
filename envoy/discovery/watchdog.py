"""Ends a sidecar that hangs, so that ECS's restart policy starts it anew.

The sidecar is not essential, so ECS does nothing about one whose health check fails, and a restart policy
restarts only what exits (API reference: ContainerRestartPolicy).
"""

import faulthandler
import logging
import threading
import time
from collections.abc import Callable

HANG_SECONDS = 120.0
"""A thread that is silent for so long hangs: the longest wait is 30 s, and the longest call takes 25."""

log = logging.getLogger("discovery")


class Watchdog:
    """Knows which threads have given a sign of life.

    Args:
        limit: A thread hangs if it is silent for so many seconds.
        clock: A monotonic clock in seconds.

    """

    def __init__(self, limit: float = HANG_SECONDS, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._clock = clock
        self._heard: dict[str, float] = {}
        self._lock = threading.Lock()

    def heard(self, name: str) -> None:
        """Note a sign of life of the thread `name`."""
        with self._lock:
            self._heard[name] = self._clock()

    def silent(self) -> list[str]:
        """Return the threads that hang."""
        with self._lock:
            return [name for name, at in self._heard.items() if self._clock() - at > self._limit]

    def keep_running(self) -> bool:
        """Let this process run on for the limit; return False if a thread hangs.

        A timer outside the interpreter ends the process if nobody calls this again in time, for example
        because the interpreter itself hangs. It writes where each thread was to stderr.
        """
        if silent := self.silent():
            log.error("a thread hangs; this process ends, and ECS starts it anew", extra={"threads": silent})
            return False
        faulthandler.dump_traceback_later(self._limit, exit=True)
        return True

    def close(self) -> None:
        """Let this process run as long as it likes."""
        faulthandler.cancel_dump_traceback_later()
