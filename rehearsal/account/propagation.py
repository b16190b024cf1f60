"""How Route 53 spreads a change of a record: after some seconds, and in order."""

import random
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

PROPAGATION_SECONDS = 60.0
"""
Developer Guide, "Editing records": changes generally reach all name servers of Route 53 within 60 seconds.
"""

SHORTEST_SECONDS = 2.0
"""No change is seen sooner, unless the longest time is shorter still."""

OBSERVE_SECONDS = 0.5

Value = TypeVar("Value")


class Propagation:
    """The delays of changes, from a seed.

    Args:
        longest: The longest delay in seconds; 0 for none.
        seed: The same seed gives the same delays in the same order.

    """

    def __init__(self, longest: float = PROPAGATION_SECONDS, seed: int = 53) -> None:
        self._longest = longest
        self._random = random.Random(seed)

    def delay(self) -> float:
        """Return the seconds until the next change is seen."""
        return self._random.uniform(min(SHORTEST_SECONDS, self._longest), self._longest)


@dataclass
class _History(Generic[Value]):
    """What is seen of one name, and what will be seen at which time."""

    seen: Value
    newest: Value
    coming: deque[tuple[float, Value]] = field(default_factory=deque[tuple[float, Value]])


class Propagated(Generic[Value]):
    """Shows a value by name as it was before; leaving the context ends the thread that follows it.

    A value that is there when its name is asked for first has been seen everywhere long ago.

    Args:
        current: Returns the value of a name now.
        propagation: The delays.
        clock: Returns the time in seconds.

    """

    def __init__(
        self,
        current: Callable[[str], Value],
        propagation: Propagation,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._current = current
        self._propagation = propagation
        self._clock = clock
        self._histories: dict[str, _History[Value]] = {}
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="route-53", daemon=True)

    def __enter__(self) -> "Propagated[Value]":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join()

    def __call__(self, name: str) -> Value:
        """Return what is seen of `name`."""
        with self._lock:
            history = self._histories.get(name)
        if history is None:
            value = self._current(name)
            with self._lock:
                history = self._histories.setdefault(name, _History(value, value))
        with self._lock:
            while history.coming and history.coming[0][0] <= self._clock():
                history.seen = history.coming.popleft()[1]
            return history.seen

    def observe(self) -> None:
        """Note what has changed."""
        for name, history in list(self._histories.items()):
            value = self._current(name)
            if value == history.newest:
                continue
            history.newest = value
            with self._lock:
                # A name server applies changes in order, so none is seen before an earlier one.
                earliest = history.coming[-1][0] if history.coming else 0.0
                due = max(earliest, self._clock() + self._propagation.delay())
                history.coming.append((due, value))

    def _follow(self) -> None:
        while not self._ending.wait(OBSERVE_SECONDS):
            self.observe()
