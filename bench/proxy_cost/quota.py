"""A quarter of a CPU as Fargate gives it: 25 ms of every 100 ms, by a control group."""

import statistics
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bench.proxy_cost.load import LoadFailedError
from bench.proxy_cost.processor import cpu_seconds
from bench.proxy_cost.world import Target

PERIOD_US, QUOTA_US = 100_000, 25_000
RATES = (200, 1000, 2000, 2500, 3000, 3500, 4000, 4500, 5000)
SECONDS = 4.0
ROUNDS = 3
KNEE_MS = 20.0
"""The knee is the last rate before the 99th percentile is beyond it: a throttled call waits up to 75 ms."""

_V1, _V2 = Path("/sys/fs/cgroup/cpu"), Path("/sys/fs/cgroup")


class NoQuotaError(Exception):
    """No control group can be made here; the message says why."""


class Quota:
    """A control group with a quarter of a CPU; leaving the context removes it.

    Raises:
        NoQuotaError: None can be made.

    """

    def __init__(self) -> None:
        self._v1 = (_V1 / "cpu.cfs_quota_us").exists()
        self._group = (_V1 if self._v1 else _V2) / "ecs-envoy-bench"

    def __enter__(self) -> "Quota":
        try:
            self._group.mkdir(exist_ok=True)
            if self._v1:
                (self._group / "cpu.cfs_period_us").write_text(str(PERIOD_US))
                (self._group / "cpu.cfs_quota_us").write_text(str(QUOTA_US))
            else:
                (self._group / "cpu.max").write_text(f"{QUOTA_US} {PERIOD_US}")
        except OSError as error:
            raise NoQuotaError(f"{self._group}: {error.strerror}") from None
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):  # a group is removed when its processes have ended, or been moved
            self._group.rmdir()

    def hold(self, target: Target) -> None:
        """Give the proxy of `target` this quarter, and no more."""
        self._move(target, self._group)

    def release(self, target: Target) -> None:
        """Take the quota from the proxy of `target`."""
        self._move(target, self._group.parent)

    def _move(self, target: Target, group: Path) -> None:
        if target.process:
            (group / "cgroup.procs").write_text(str(target.process.pid))


@dataclass(frozen=True, kw_only=True)
class Held:
    """A proxy at one rate inside the quota, medians of the rounds, milliseconds; None where calls failed."""

    name: str
    rate: int
    cpu_percent: float | None
    p50_ms: float | None
    p99_ms: float | None
    p999_ms: float | None


def measure(targets: Sequence[Target]) -> list[Held]:
    """Return how each of `targets` does at each rate.

    Raises:
        NoQuotaError: This machine has no quota for us.

    """
    with Quota() as quota:
        found: dict[tuple[str, int], list[tuple[float, ...] | None]] = {}
        for _ in range(ROUNDS):
            for rate in RATES:
                for target in targets:
                    found.setdefault((target.name, rate), []).append(_at(quota, target, rate))
    return [_held(name, rate, turns) for (name, rate), turns in found.items()]


def knees(held: Sequence[Held]) -> dict[str, int]:
    """Return the highest rate of each proxy up to which its 99th percentile stays within `KNEE_MS`."""
    found: dict[str, int] = {}
    over: set[str] = set()
    for row in sorted(held, key=lambda row: row.rate):
        if row.p99_ms is None or row.p99_ms > KNEE_MS:
            over.add(row.name)
        if row.name not in over:
            found[row.name] = row.rate
    return {name: found.get(name, 0) for name in dict.fromkeys(row.name for row in held)}


def _at(quota: Quota, target: Target, rate: int) -> tuple[float, ...] | None:
    assert target.process  # noqa: S101  # only proxies are held
    quota.hold(target)
    try:
        before = cpu_seconds(target.process.pid)
        done = target.caller.at_a_rate(rate, SECONDS)
        used = 100 * (cpu_seconds(target.process.pid) - before) / done.seconds
    except LoadFailedError:
        return None
    finally:
        quota.release(target)
    return used, done.percentile(50), done.percentile(99), done.percentile(99.9)


def _held(name: str, rate: int, turns: list[tuple[float, ...] | None]) -> Held:
    known = [turn for turn in turns if turn is not None]
    if len(known) < len(turns):
        return Held(name=name, rate=rate, cpu_percent=None, p50_ms=None, p99_ms=None, p999_ms=None)
    cpu, p50, p99, p999 = (statistics.median(column) for column in zip(*known, strict=True))
    return Held(name=name, rate=rate, cpu_percent=cpu, p50_ms=p50, p99_ms=p99, p999_ms=p999)
