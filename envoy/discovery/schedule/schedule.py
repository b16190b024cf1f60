"""Which service is asked about next.

A service that ECS says is changing, or that has just changed, is asked about at every tick for a while. The
others are asked about rarely, where ECS's events are heard. Where they are not, or where somebody else runs
the tasks, a service is asked about at every tick, as far as the limit of polls a second allows.
"""

import heapq
import math
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from discovery.schedule.ticks import Ticks

POLLS_PER_SECOND = 25.0
"""
The most polls of one sidecar in a second. A poll costs some 0.7 ms of CPU (`bench/discovery.md`), so they
stay below 2.5 % of a CPU, a tenth of the smallest task. Two proxies use 5 % of what an account may ask Cloud
Map in a region (1,000 calls of DiscoverInstances and its kind a second).
"""

BURST_SECONDS = 60.0
"""
How long after the last event or change a service is asked about at every tick. The time between two events
of a task that starts or stops is shorter, except while an image is pulled, and an event follows that.
"""

SLOW_SECONDS = 30.0
"""The time between two polls of a service of which no event says that it changes: if one was lost."""

BURST_SHARE, BURST_SHARE_AMONG_FAST = 0.8, 0.5
"""
The share of the polls for the services that change; and where there are others that no event would announce.
"""


@dataclass(kw_only=True)
class Item:
    """A service in a schedule.

    Attributes:
        key: Its name in the schedule.
        slot: Of the ticks at which it may be asked about, which are its own.
        by_events: Whether ECS's events tell of all its tasks.
        burst_until: Until when it is asked about at every tick.
        asked_at: When it was asked about last.
        asked_slowly: Whether its last poll was one of the slow ones.
        due: When it is asked about next.
        entry: The number of its place in the queue; 0 while a thread asks about it.
        again: Whether there was an event meanwhile.

    """

    key: str
    slot: int
    burst_until: float = -math.inf
    asked_at: float = -math.inf
    by_events: bool = False
    asked_slowly: bool = False
    due: float = math.inf
    entry: int = 0
    again: bool = False


class Schedule:
    """When each of `keys` is asked about. Threads share it.

    Args:
        keys: The names of the services.
        ticks: The moments of polls.
        heard: Returns whether ECS's events are heard; if not, no service is slow.
        polls_per_second: The most polls in a second.
        fast_start: How many seconds after the start no service is slow.

    """

    def __init__(
        self,
        keys: Sequence[str],
        ticks: Ticks,
        heard: Callable[[], bool],
        polls_per_second: float = POLLS_PER_SECOND,
        fast_start: float = 0.0,
    ) -> None:
        self._ticks = ticks
        self._heard = heard
        self._per_tick = max(1.0, polls_per_second * ticks.interval)
        self._items = {key: Item(key=key, slot=slot) for slot, key in enumerate(keys)}
        self._condition = threading.Condition()
        self._entries = 0
        self._queue: list[tuple[float, int, str]] = []
        self._counted_at, self._bursting, self._fast, self._hurried = -math.inf, 0, 0, 0
        now = ticks.clock()
        self._none_slow_until = now + fast_start
        with self._condition:
            for item in self._items.values():
                self._put(item, now)

    def take(self, timeout: float) -> str | None:
        """Return a service that is due, which then waits for `polled`; None if there is none in time."""
        clock = self._ticks.clock
        end = clock() + timeout
        with self._condition:
            while True:
                while self._queue and self._items[self._queue[0][2]].entry != self._queue[0][1]:
                    heapq.heappop(self._queue)  # it was put off or brought forward
                now = clock()
                due = self._queue[0][0] if self._queue else math.inf
                if due <= now:
                    _, _, key = heapq.heappop(self._queue)
                    item = self._items[key]
                    item.entry = 0
                    item.asked_slowly, item.asked_at = self._is_slow(item, now), now
                    return key
                if now >= end:
                    return None
                self._condition.wait(min(due, end) - now)

    def polled(self, key: str, *, by_events: bool, changing: bool, failed_for: float | None) -> bool:
        """Put `key` back after a poll; return whether the poll found a change that no event announced.

        Args:
            key: What `take` returned.
            by_events: Whether ECS's events tell of all its tasks.
            changing: Whether its list has changed, or may not be final.
            failed_for: How long to wait after a failure; None if the poll succeeded.

        """
        with self._condition:
            item, now = self._items[key], self._ticks.clock()
            item.by_events = by_events
            surprise = changing and item.asked_slowly and now >= item.burst_until
            if changing:
                item.burst_until = max(item.burst_until, now + BURST_SECONDS)
            if failed_for is not None:
                # Where all fail, their polls together stay within the limit, too.
                wait = max(failed_for, len(self._items) / self._per_tick * self._ticks.interval)
            else:
                wait = self._wait(item, now)
            self._put(item, min(now + wait, self._soonest(item, now)) if item.again else now + wait)
            item.again = False
            return surprise

    def wait(self, key: str) -> float:
        """Return the seconds until `key` is asked about next."""
        with self._condition:
            return max(0.0, self._items[key].due - self._ticks.clock())

    def burst(self, keys: Iterable[str]) -> None:
        """Ask about `keys` now, and at every tick for a while."""
        with self._condition:
            now, items = self._ticks.clock(), [self._items[key] for key in keys]
            for item in items:
                item.burst_until = max(item.burst_until, now + BURST_SECONDS)
            self._count(now, again=True)
            for item in items:
                item.again = not item.entry
                if item.entry:
                    self._put(item, min(item.due, self._soonest(item, now)))

    def hurry(self, seconds: float = 0.0) -> None:
        """Ask about no service rarely: for some seconds, and as long as events are not heard."""
        with self._condition:
            now = self._ticks.clock()
            self._none_slow_until = max(self._none_slow_until, now + seconds)
            self._counted_at = -math.inf
            for item in self._items.values():
                if item.entry:
                    self._put(item, now + self._wait(item, now))

    def _soonest(self, item: Item, now: float) -> float:
        """Return when `item` can be asked about: now, unless that was just done, or too many are."""
        if self._hurried >= self._per_tick:
            return now + self._wait(item, now)
        self._hurried += 1
        return max(now, item.asked_at + self._ticks.interval / 2)

    @property
    def fast(self) -> int:
        """The number of services that are asked about at every tick, as far as the limit allows."""
        with self._condition:
            self._count(self._ticks.clock())
            return self._bursting + self._fast

    def _put(self, item: Item, due: float) -> None:
        self._entries += 1
        item.entry, item.due = self._entries, due
        entry = (due, item.entry, item.key)
        heapq.heappush(self._queue, entry)
        if self._queue[0] is entry:
            self._condition.notify()

    def _is_slow(self, item: Item, now: float) -> bool:
        is_calm = now >= item.burst_until and now >= self._none_slow_until
        return item.by_events and is_calm and self._heard()

    def _wait(self, item: Item, now: float) -> float:
        self._count(now)
        for_bursts = self._per_tick * (BURST_SHARE_AMONG_FAST if self._fast else BURST_SHARE)
        left = self._per_tick - min(self._bursting, for_bursts)
        slow_ticks = SLOW_SECONDS / self._ticks.interval
        slow = len(self._items) - self._bursting - self._fast
        if now < item.burst_until:
            every = self._bursting / for_bursts
        elif self._is_slow(item, now):
            every = max(slow_ticks, slow / left)
        else:
            every = self._fast / max(left - slow / slow_ticks, left / 2)
        return self._ticks.until_next(max(1, math.ceil(every)), item.slot)

    def _count(self, now: float, *, again: bool = False) -> None:
        """Count once in a tick, or `again`, so that it does not cost more than the polls."""
        is_new_tick = now - self._counted_at >= self._ticks.interval
        if is_new_tick:
            self._counted_at, self._hurried = now, 0
        elif not again:
            return
        items = self._items.values()
        self._bursting = sum(now < item.burst_until for item in items)
        self._fast = sum(now >= item.burst_until and not self._is_slow(item, now) for item in items)
