"""How even the calls are during a change: no task should get those of several others."""

from collections import Counter
from collections.abc import Sequence

from rehearsal.load.calls import Call

CALLS_PER_TASK = 20
"""So many calls of each serving task are compared at a time: with less, chance would show."""

MAX_SHARE = 2.0
"""A task may get up to so many times its even share while others come and go."""


def busiest_share(calls: Sequence[Call], serving: int) -> float | None:
    """Return the largest share of any task in calls that follow each other; 1 is an even share.

    Args:
        calls: The calls to one service. Those to a task that does not identify itself do not count.
        serving: The number of tasks that serve at any time, over which calls are even.

    """
    named = [call.task for call in sorted(calls, key=lambda call: call.at) if call.task]
    length = CALLS_PER_TASK * serving
    if len(named) < length:
        return None
    counts = Counter(named[:length])
    most = max(counts.values())
    for came, went in zip(named[length:], named, strict=False):
        counts[came] += 1
        counts[went] -= 1
        most = max(most, counts[came])
    return most / CALLS_PER_TASK
