"""CPU for each call: as many as it takes, and at a steady rate, in turns."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from bench.proxy_cost.processor import cpu_seconds, memory_mib
from bench.proxy_cost.world import Target

PAIRS = 5
CALLS = 20_000
RATES = {200: 5.0, 1000: 3.0}
"""Calls a second, with the seconds that each turn takes."""


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What one target took, medians of the turns.

    Attributes:
        name: The target.
        microseconds: The proxy's CPU for each call.
        ratio: That, over the first target's in the same turn; medians of the turns' ratios.
        calls_per_second: How many calls were answered.
        p50_ms: The median time of a call; None where the load went as fast as it could.
        p99_ms: The time that 99 % of the calls stayed within.
        memory_mib: The proxy's memory at the end; None without one.

    """

    name: str
    microseconds: float
    ratio: float
    calls_per_second: float
    p50_ms: float | None
    p99_ms: float | None
    memory_mib: float | None


def measure(targets: Sequence[Target], rate: int | None) -> list[Cost]:
    """Return what each of `targets` takes at `rate` calls a second; None for as fast as it goes."""
    turns: dict[str, list[tuple[float, float, float | None, float | None]]] = {t.name: [] for t in targets}
    for target in targets:
        target.caller.as_fast_as_it_goes(2000)  # connections, and what is made at a first call
    for turn in range(PAIRS):
        # Each leads as often as it follows.
        for target in targets if turn % 2 == 0 else reversed(targets):
            turns[target.name].append(_turn(target, rate))
    first = [turn[0] for turn in turns[targets[0].name]]
    return [
        Cost(
            name=target.name,
            microseconds=statistics.median(turn[0] for turn in taken),
            ratio=statistics.median(turn[0] / base for turn, base in zip(taken, first, strict=True)),
            calls_per_second=statistics.median(turn[1] for turn in taken),
            p50_ms=_median([turn[2] for turn in taken]),
            p99_ms=_median([turn[3] for turn in taken]),
            memory_mib=memory_mib(target.process.pid) if target.process else None,
        )
        for target in targets
        for taken in [turns[target.name]]
    ]


def _turn(target: Target, rate: int | None) -> tuple[float, float, float | None, float | None]:
    before = cpu_seconds(target.process.pid) if target.process else 0.0
    done = target.caller.at_a_rate(rate, RATES[rate]) if rate else target.caller.as_fast_as_it_goes(CALLS)
    after = cpu_seconds(target.process.pid) if target.process else 0.0
    p50, p99 = (done.percentile(50), done.percentile(99)) if rate else (None, None)
    return (after - before) / done.calls * 1e6, done.calls / done.seconds, p50, p99


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None
