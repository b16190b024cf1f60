"""Judges a fault from the history alone: which calls it touched, which failed, and which may have failed."""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bench.faults.history import OK, Call, Raised

FOUND_SECONDS = 3.0
"""A killed or frozen task is found within so many seconds (issue 14)."""

HEARD_SECONDS = 0.05
"""
From the note that a proxy is killed until it is dead and its clients have heard: what is sent meanwhile is
in flight, too.
"""

RECOVERED_SECONDS = 5.0
"""So many seconds after a flood all is as before (issue 14)."""

COUNTED_PER = 1200
"""The number of calls that `Allowed.failed` is about."""

NOISE_SECONDS = 0.05
"""
Two p99 that differ by less are taken for equal: on two shared CPUs the p99 of one and the same load differs
by so much from one run to the next.
"""


class HistoryError(Exception):
    """The history contradicts itself, so nothing can be said of any fault."""


@dataclass(frozen=True, kw_only=True)
class Allowed:
    """What a fault may do to calls.

    Attributes:
        why: What is allowed and why, for the page.
        in_flight: Whether calls may fail that were in flight at a victim when it was hit: sent within
            `FOUND_SECONDS`, and begun at a victim or nowhere.
        open_calls: Whether calls may fail that were open when the fault began (a killed proxy).
        meanwhile: Whether calls may fail that were sent until `RECOVERED_SECONDS` after the fault's end.
        failed: How many further calls of 1,200 may fail.
        next_call: Each client has a call that ends OK within so many seconds of the fault's beginning; None
            for no limit.
        expected: The status with which calls end that do not fail.
        slower: How many times longer the p99 of the others may be; None for no limit.

    """

    why: str
    in_flight: bool = False
    open_calls: bool = False
    meanwhile: bool = False
    failed: float = 0.0
    next_call: float | None = None
    expected: str = OK
    slower: float | None = None


NOTHING = Allowed(why="0: nothing was lost that another task or proxy cannot serve")


@dataclass(frozen=True, kw_only=True)
class Row:
    """What the history says of one fault.

    Attributes:
        name: The fault's name.
        calls: The calls that were open or sent between the fault's beginning and its end.
        failed: How many of them failed.
        twice: How many of them more than one task began.
        longest: The longest call in seconds.
        recovered: Seconds from the fault's beginning until the last call that failed ended.
        p99: The p99 of the short calls in seconds.
        p99_without: The same without the fault; None where nothing is compared.
        statuses: The statuses of the failed calls, with their number.
        allowed: What is allowed.
        over: Why it is over what is allowed; empty if it is not.
        at_first: Why the fault was raised once more: what was over at first; empty if it was raised once.

    """

    name: str
    calls: int
    failed: int
    twice: int
    longest: float
    recovered: float
    p99: float
    p99_without: float | None
    statuses: tuple[tuple[str, int], ...]
    allowed: Allowed
    over: tuple[str, ...]
    at_first: tuple[str, ...] = ()


def too_slow(row: Row) -> str:
    """Return by how much the p99 of `row` is over what is allowed; nothing if it is not."""
    if row.allowed.slower is None or row.p99_without is None:
        return ""
    most = max(row.allowed.slower * row.p99_without, row.p99_without + NOISE_SECONDS)
    return f"p99 {row.p99 * 1000:.0f} ms, {most * 1000:.0f} ms allowed" if row.p99 > most else ""


def judge_tries(tries: Sequence[Raised], history: Sequence[Call], allowed: Allowed) -> Row:
    """Return the row of a fault that was raised once, or once more because its p99 alone was over.

    The machine is shared: what it does beside the lab falls on one try. What the proxy does falls on both.
    """
    first, *more = [judge(raised, history, allowed) for raised in sorted(tries, key=lambda one: one.begin)]
    return replace(more[-1], at_first=first.over) if more else first


def check_history(calls: Sequence[Call]) -> None:
    """Check what is true of every history.

    Raises:
        HistoryError: A call ended OK that no task began, or another task answered it than began it.

    """
    for call in calls:
        if call.status == OK and not call.begun:
            raise HistoryError(f"{call.id} ended OK, and no task began it")
        if call.task and call.task not in call.begun:
            raise HistoryError(f"{call.id} was answered by {call.task}, and begun by {call.begun}")


def judge(raised: Raised, history: Sequence[Call], allowed: Allowed) -> Row:
    """Return what `history` says of the fault `raised`, which may do to calls what is `allowed`."""
    own = [call for call in history if call.client.partition("/")[0] == raised.load]
    calls = [
        call
        for call in own
        if call.sent <= raised.until and (call.ended is None or call.ended >= raised.begin)
    ]
    failed = [call for call in calls if call.status != allowed.expected]
    twice = [call for call in calls if len(call.begun) > 1]
    blamed = [call for call in failed if not _excused(call, raised, allowed)]
    row = Row(
        name=raised.name,
        calls=len(calls),
        failed=len(failed),
        twice=len(twice),
        longest=max((call.seconds for call in calls), default=0.0),
        recovered=max((_end(call, raised) - raised.begin for call in failed), default=0.0),
        p99=p99(_sent(calls, raised.begin, raised.end)),
        p99_without=(
            p99([call for window in raised.compared for call in _sent(own, *window)])
            if raised.compared
            else None
        ),
        statuses=tuple(sorted(Counter(call.status for call in failed).items())),
        allowed=allowed,
        over=(),
    )
    return replace(row, over=tuple(_over(row, raised, calls, blamed)))


def _sent(calls: Sequence[Call], begin: float, end: float) -> list[Call]:
    return [call for call in calls if begin <= call.sent < end]


def _over(row: Row, raised: Raised, calls: Sequence[Call], blamed: Sequence[Call]) -> list[str]:
    allowed, over = row.allowed, list[str]()
    limit = math.floor(allowed.failed * max(row.calls, 1) / COUNTED_PER)
    if not calls:
        over.append("no call was made")
    if len(blamed) > limit:
        over.append(f"{len(blamed)} failed that may not, {limit} allowed")
    if row.twice:
        over.append(f"{row.twice} executed twice")
    if allowed.next_call is not None:
        over += _late_clients(raised, calls, allowed.next_call)
    return [*over, *filter(None, [too_slow(row)])]


def _excused(call: Call, raised: Raised, allowed: Allowed) -> bool:
    if allowed.open_calls and call.sent <= raised.begin + HEARD_SECONDS:
        return True
    if allowed.meanwhile and call.sent <= raised.end + RECOVERED_SECONDS:
        return True
    at_victim = not call.begun or bool(raised.victims & set(call.begun))
    return allowed.in_flight and at_victim and call.sent <= raised.begin + FOUND_SECONDS


def _late_clients(raised: Raised, calls: Sequence[Call], limit: float) -> list[str]:
    """Return the clients whose first call after the fault's beginning ended OK too late."""
    ends: defaultdict[str, list[float]] = defaultdict(list)
    for call in calls:
        if call.sent > raised.begin:
            ended = call.ended if call.status == OK and call.ended is not None else math.inf
            # A stream takes its time; what counts is when its task began it.
            ends[call.client].append(call.begun_at if ended < math.inf and call.begun_at else ended)
    late = {client: min(found) - raised.begin for client, found in ends.items()}
    return [
        f"{client} had its next call after {seconds:.1f} s, {limit:.0f} s allowed"
        for client, seconds in sorted(late.items())
        if seconds > limit
    ]


def _end(call: Call, raised: Raised) -> float:
    return raised.until if call.ended is None else call.ended


def p99(calls: Sequence[Call]) -> float:
    """Return the p99 of the time of short calls in seconds; of all calls where there is no short one."""
    chosen = [call for call in calls if call.method == "Short"] or calls
    times = sorted(min(call.seconds, 60.0) for call in chosen)
    return times[min(len(times) - 1, int(len(times) * 0.99))] if times else 0.0
