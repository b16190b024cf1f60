"""Measures the CPU for each call at full load and at steady rates. The targets take turns."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from bench.proxy_cost.processor import cpu_seconds, memory_mib
from bench.proxy_cost.world import Target

PAIRS = 5
CALLS = 20_000
RATES = {200: 5.0, 1000: 3.0}
"""The rates in calls a second, each with the duration of a turn in seconds."""


@dataclass(frozen=True, kw_only=True)
class Cost:
    """The cost of one target; all figures are medians of the turns.

    Attributes:
        name: The target's name.
        microseconds: The proxy's CPU for each call.
        ratio: This CPU divided by that of the first target in the same turn.
        calls_per_second: How many calls were answered in a second.
        p50_ms: The median duration of a call; None at full load.
        p99_ms: The duration that 99 % of the calls did not exceed; None at full load.
        memory_mib: The proxy's memory at the end; None for a target without a proxy.

    """

    name: str
    microseconds: float
    ratio: float
    calls_per_second: float
    p50_ms: float | None
    p99_ms: float | None
    memory_mib: float | None


def measure(targets: Sequence[Target], rate: int | None) -> list[Cost]:
    """Return the cost of each of `targets` at `rate` calls a second, or at full load if `rate` is None."""
    turns: dict[str, list[tuple[float, float, float | None, float | None]]] = {t.name: [] for t in targets}
    for target in targets:
        target.caller.full_load(2000)  # to make connections, and all that is made at a first call
    for turn in range(PAIRS):
        # The order is reversed in every other turn, so that no target is always first.
        for target in targets if turn % 2 == 0 else reversed(targets):
            turns[target.name].append(_turn(target, rate))
    first = [turn[0] for turn in turns[targets[0].name]]
    return [
        Cost(
            name=target.name,
            microseconds=statistics.median(turn[0] for turn in target_turns),
            ratio=statistics.median(turn[0] / base for turn, base in zip(target_turns, first, strict=True)),
            calls_per_second=statistics.median(turn[1] for turn in target_turns),
            p50_ms=_median([turn[2] for turn in target_turns]),
            p99_ms=_median([turn[3] for turn in target_turns]),
            memory_mib=memory_mib(target.process.pid) if target.process else None,
        )
        for target in targets
        for target_turns in [turns[target.name]]
    ]


def _turn(target: Target, rate: int | None) -> tuple[float, float, float | None, float | None]:
    before = cpu_seconds(target.process.pid) if target.process else 0.0
    result = target.caller.steady_rate(rate, RATES[rate]) if rate else target.caller.full_load(CALLS)
    after = cpu_seconds(target.process.pid) if target.process else 0.0
    p50, p99 = (result.percentile(50), result.percentile(99)) if rate else (None, None)
    return (after - before) / result.calls * 1e6, result.calls / result.seconds, p50, p99


def _median(values: Sequence[float | None]) -> float | None:
    numbers = [value for value in values if value is not None]
    return statistics.median(numbers) if numbers else None
