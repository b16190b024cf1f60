"""The threads that poll. There are a few for all services, because each keeps a stack and a connection."""

import threading
from collections.abc import Callable

from discovery.schedule.schedule import Schedule
from discovery.watchdog import Watchdog

IDLE_SECONDS = 10.0
"""How often a thread without work gives a sign of life."""


class Workers:
    """Threads that poll the services of a schedule.

    Args:
        name: The beginning of the threads' names.
        schedule: Says which service is due.
        poll: Polls a service, and hands it back to the schedule. It raises nothing.
        watchdog: Hears from each thread.
        stop: Ends the threads.

    """

    def __init__(
        self,
        name: str,
        schedule: Schedule,
        poll: Callable[[str], None],
        watchdog: Watchdog,
        stop: threading.Event,
    ) -> None:
        self._name, self._schedule, self._poll = name, schedule, poll
        self._watchdog, self._stop = watchdog, stop

    def start(self, threads: int) -> None:
        """Start so many threads."""
        for number in range(1, threads + 1):
            name = f"{self._name} {number}"
            self._watchdog.heard(name)
            threading.Thread(target=self._run, args=(name,), name=name, daemon=True).start()

    def _run(self, name: str) -> None:
        while not self._stop.is_set():
            self._watchdog.heard(name)
            key = self._schedule.take(IDLE_SECONDS)
            if key is not None:
                self._poll(key)
