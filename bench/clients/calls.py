"""The calls that a client printed, and what they say about a time."""

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path


@dataclass(frozen=True)
class Call:
    """One call: when it began and ended, in seconds of the wall clock, and its gRPC status."""

    begun: float
    ended: float
    status: str


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What a client saw while something happened to a proxy.

    Attributes:
        calls: The number of calls.
        failed: The number of those that failed, by status.
        gap: The longest time in seconds between the ends of two calls that succeeded.

    """

    calls: int
    failed: Counter[str]
    gap: float


def read_calls(output: Path) -> list[Call]:
    """Return the calls in the `output` of a client."""
    whole = output.read_text().rpartition("\n")[0]
    parts = (line.split() for line in whole.splitlines())
    return [Call(float(begun), float(ended), status) for begun, ended, status in parts]


def seen(calls: list[Call], begin: float, end: float) -> Seen:
    """Return what happened to the calls that began between `begin` and `end`."""
    within = [call for call in calls if begin <= call.begun < end]
    good = [begin, *(call.ended for call in within if call.status == "OK"), end]
    return Seen(
        calls=len(within),
        failed=Counter(call.status for call in within if call.status != "OK"),
        gap=max(later - earlier for earlier, later in pairwise(good)),
    )
