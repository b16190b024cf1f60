"""What a rehearsal found: counts, times and shares, before and after."""

import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rehearsal.load.calls import Call
from rehearsal.monitoring.watched import ByMethod, Watched

CV_REQUESTS_TARGET = 0.01
CV_CPU_TARGET = 0.10


def cv(values: Iterable[float]) -> float:
    """Return the coefficient of variation of `values`: 0 is even."""
    listed = list(values)
    mean = statistics.fmean(listed) if listed else 0.0
    return statistics.pstdev(listed) / mean if mean else 0.0


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that `share` of `values` do not exceed; 0 for none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


@dataclass(frozen=True, kw_only=True)
class ServiceResult:
    """The calls to one service in one state, and the CPU of its tasks.

    Attributes:
        service: The service's name in the namespace.
        requests: The calls that each task answered, by its name; None where tasks do not say who they are.
        cpu_percent: The mean CPU of each task, in percent of one CPU.
        p50_ms: The median time of a call.
        p99_ms: The time that 99 % of the calls do not exceed.
        calls: How many calls there were.
        errors: How many of them failed, by gRPC status.

    """

    service: str
    requests: dict[str, int] | None
    cpu_percent: dict[str, float]
    p50_ms: float
    p99_ms: float
    calls: int
    errors: dict[str, int]

    @property
    def cv_requests(self) -> float | None:
        """How unevenly the calls fell; None where that is not known."""
        return None if self.requests is None else cv(self.requests.values())

    @property
    def cv_cpu(self) -> float:
        """How unevenly the tasks worked."""
        return cv(self.cpu_percent.values())

    @property
    def idle(self) -> list[str]:
        """The tasks that got nothing."""
        return [task for task, count in (self.requests or {}).items() if count == 0]


@dataclass(frozen=True, kw_only=True)
class NewTask:
    """A task that came while calls went on; times are seconds since Cloud Map got to know it."""

    task: str
    first_request: float | None


@dataclass(frozen=True, kw_only=True)
class Change:
    """A change of the deployed system under load.

    Attributes:
        service: The service that changed.
        what: What was done, in words.
        begin: When, by the wall clock.
        end: When calls fell on what came of it, by the wall clock.
        new_tasks: The tasks that came.
        calls: The calls to the service in that time.
        errors: How many of them failed, by gRPC status.

    """

    service: str
    what: str
    begin: float
    end: float
    new_tasks: list[NewTask]
    calls: int
    errors: dict[str, int]


@dataclass(frozen=True, kw_only=True)
class ProxyUse:
    """What one task of the proxy used in the state after.

    Attributes:
        task: Its name.
        cpu_percent: Its mean CPU in percent of one CPU.
        memory_mib: The most memory that it had.

    """

    task: str
    cpu_percent: float
    memory_mib: float


@dataclass(kw_only=True)
class Outcome:
    """All that a rehearsal found.

    Attributes:
        config: The configuration file.
        date: When it ran, in UTC.
        machine: What it ran on.
        versions: The versions of what ran.
        before: Each service behind the L4 proxy.
        after: Each service behind Envoy.
        proxies: What Envoy used.
        proxy_cpu_limit_percent: What a task of the proxy may use, in percent of one CPU.
        proxy_memory_limit_mib: The memory of a task of the proxy.
        discovery_bound_seconds: The time from a task's registration to its first call at the latest,
            by service: TTL and refresh by DNS, a poll and a health check by Cloud Map.
        in_zone: The share of each service's calls that stayed in the zone of their Envoy, after.
        watched_before: What Prometheus saw before; None where none ran.
        watched_after: What it saw after.
        calls_made: The calls through Envoy, as the clients counted them.
        calls_counted: The same as Prometheus had them from the Envoys; empty without one.
        scale_out: More tasks, while calls went on.
        roll: A new task definition, while calls went on.
        seconds: How long each step took, by its name.

    """

    config: str
    date: str
    machine: str
    versions: dict[str, str]
    before: list[ServiceResult] = field(default_factory=list[ServiceResult])
    after: list[ServiceResult] = field(default_factory=list[ServiceResult])
    proxies: list[ProxyUse] = field(default_factory=list[ProxyUse])
    proxy_cpu_limit_percent: float = 0.0
    proxy_memory_limit_mib: int = 0
    discovery_bound_seconds: dict[str, float] = field(default_factory=dict[str, float])
    in_zone: dict[str, float] = field(default_factory=dict[str, float])
    watched_before: Watched | None = None
    watched_after: Watched | None = None
    calls_made: ByMethod = field(default_factory=dict[str, dict[str, int]])
    calls_counted: ByMethod = field(default_factory=dict[str, dict[str, int]])
    scale_out: Change | None = None
    roll: Change | None = None
    seconds: dict[str, float] = field(default_factory=dict[str, float])

    def problems(self) -> list[str]:
        """Return what speaks against the system: failed calls, and tasks that idle behind Envoy."""
        found = [
            f"{result.service}: {text} {state}"
            for state, results in (("before", self.before), ("after", self.after))
            for result in results
            if (text := failed(result.errors))
        ]
        found += [
            f"{result.service}: {task} got no call after" for result in self.after for task in result.idle
        ]
        for name, change in (("the scale-out", self.scale_out), ("the rolling deployment", self.roll)):
            if change and (text := failed(change.errors)):
                found.append(f"{change.service}: {text} during {name}")
            found += [
                f"{task.task}: no call reached it during {name}"
                for task in (change.new_tasks if change else ())
                if task.first_request is None
            ]
        return found

    def remarks(self) -> list[str]:
        """Return what misses its target without a call lost: a busy machine can be the cause."""
        found: list[str] = []
        for result in self.after:
            if result.cv_requests is not None and result.cv_requests > CV_REQUESTS_TARGET:
                found.append(f"{result.service}: CV of requests {result.cv_requests:.3f} after")
            if result.cv_cpu > CV_CPU_TARGET:
                found.append(f"{result.service}: CV of CPU {result.cv_cpu:.3f} after")
        for change in filter(None, (self.scale_out, self.roll)):
            found += [
                f"{task.task}: its first call came {task.first_request:.1f} s after Cloud Map listed it; "
                f"{self.discovery_bound_seconds[change.service]:.0f} s is the bound"
                for task in change.new_tasks
                if task.first_request is not None
                and task.first_request > self.discovery_bound_seconds[change.service]
            ]
        return found


def failed(errors: dict[str, int]) -> str:
    """Return `errors` in words; empty for none."""
    by_status = ", ".join(f"{count} {status}" for status, count in sorted(errors.items()))
    return f"{sum(errors.values())} calls failed ({by_status})" if errors else ""


def service_result(
    service: str,
    calls: Sequence[Call],
    tasks: dict[str, str],
    cpu_percent: dict[str, float],
    *,
    requests: dict[str, int] | None = None,
) -> ServiceResult:
    """Return the result of `calls` to one service.

    Args:
        service: Its name.
        calls: Its calls.
        tasks: The names of its tasks by the `address:port` with which they name themselves.
        cpu_percent: The mean CPU of each task.
        requests: Counts from elsewhere, for tasks that do not name themselves.

    """
    named = Counter(tasks[call.task] for call in calls if call.task in tasks)
    answered = [call.milliseconds for call in calls if call.status == "OK"]
    return ServiceResult(
        service=service,
        requests={name: named[name] for name in tasks.values()} if named else requests,
        cpu_percent=cpu_percent,
        p50_ms=percentile(answered, 0.5),
        p99_ms=percentile(answered, 0.99),
        calls=len(calls),
        errors=errors_of(calls),
    )


def errors_of(calls: Iterable[Call]) -> dict[str, int]:
    """Return how many of `calls` failed, by gRPC status."""
    return dict(Counter(call.status for call in calls if call.status != "OK"))
