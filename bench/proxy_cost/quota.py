"""Limits a proxy to a quarter of a CPU as Fargate does: a control group with 25 ms in every 100 ms."""

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
"""The knee is the last rate before the p99 exceeds this limit. A throttled call waits up to 75 ms."""

_V1, _V2 = Path("/sys/fs/cgroup/cpu"), Path("/sys/fs/cgroup")


class NoQuotaError(Exception):
    """No control group can be created here; the message says why."""


class Quota:
    """A control group with a quarter of a CPU; leaving the context removes it.

    Raises:
        NoQuotaError: On entering the context, if no control group can be created.

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
        with suppress(OSError):  # the kernel refuses this while the group still has processes
            self._group.rmdir()

    def limit(self, target: Target) -> None:
        """Limit the proxy of `target` to a quarter of a CPU."""
        self._move(target, self._group)

    def release(self, target: Target) -> None:
        """Remove the limit from the proxy of `target`."""
        self._move(target, self._group.parent)

    def _move(self, target: Target, group: Path) -> None:
        if target.process:
            (group / "cgroup.procs").write_text(str(target.process.pid))


@dataclass(frozen=True, kw_only=True)
class Limited:
    """The result of a limited proxy at one rate: medians of the rounds; None if calls failed."""

    name: str
    rate: int
    cpu_percent: float | None
    p50_ms: float | None
    p99_ms: float | None
    p999_ms: float | None


def measure(targets: Sequence[Target]) -> list[Limited]:
    """Return the result of each of `targets` at each rate.

    Raises:
        NoQuotaError: No control group can be created on this machine.

    """
    with Quota() as quota:
        rounds: dict[tuple[str, int], list[tuple[float, ...] | None]] = {}
        for _ in range(ROUNDS):
            for rate in RATES:
                for target in targets:
                    rounds.setdefault((target.name, rate), []).append(_round(quota, target, rate))
    return [_medians(name, rate, results) for (name, rate), results in rounds.items()]


def knees(limited: Sequence[Limited]) -> dict[str, int]:
    """Return the highest rate of each proxy up to which its p99 does not exceed `KNEE_MS`; 0 if none."""
    highest: dict[str, int] = {}
    exceeded: set[str] = set()
    for row in sorted(limited, key=lambda row: row.rate):
        if row.p99_ms is None or row.p99_ms > KNEE_MS:
            exceeded.add(row.name)
        if row.name not in exceeded:
            highest[row.name] = row.rate
    return {name: highest.get(name, 0) for name in dict.fromkeys(row.name for row in limited)}


def _round(quota: Quota, target: Target, rate: int) -> tuple[float, ...] | None:
    assert target.process  # noqa: S101  # only proxies are measured here
    quota.limit(target)
    try:
        before = cpu_seconds(target.process.pid)
        result = target.caller.steady_rate(rate, SECONDS)
        cpu_percent = 100 * (cpu_seconds(target.process.pid) - before) / result.seconds
    except LoadFailedError:
        return None
    finally:
        quota.release(target)
    return cpu_percent, result.percentile(50), result.percentile(99), result.percentile(99.9)


def _medians(name: str, rate: int, results: list[tuple[float, ...] | None]) -> Limited:
    succeeded = [result for result in results if result is not None]
    if len(succeeded) < len(results):
        return Limited(name=name, rate=rate, cpu_percent=None, p50_ms=None, p99_ms=None, p999_ms=None)
    cpu, p50, p99, p999 = (statistics.median(column) for column in zip(*succeeded, strict=True))
    return Limited(name=name, rate=rate, cpu_percent=cpu, p50_ms=p50, p99_ms=p99, p999_ms=p999)
