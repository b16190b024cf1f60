"""The outcome of a rehearsal: counts, times and shares, before and after."""

import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rehearsal.course.cut_over_result import CutOverStep
from rehearsal.course.evenness import MAX_SHARE
from rehearsal.load.calls import Call, describe_errors, error_counts
from rehearsal.monitoring.prometheus_results import CallsByMethod, PrometheusResult

CV_REQUESTS_TARGET = 0.01
CV_CPU_TARGET = 0.10


def cv(values: Iterable[float]) -> float:
    """Return the coefficient of variation of `values`; it is 0 if all are equal."""
    numbers = list(values)
    mean = statistics.fmean(numbers) if numbers else 0.0
    return statistics.pstdev(numbers) / mean if mean else 0.0


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that a `share` of `values`, from 0 to 1, does not exceed; 0 without values."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


@dataclass(frozen=True, kw_only=True)
class ServiceResult:
    """The calls to one service in one state, and the CPU of its tasks.

    Attributes:
        service: The service's name in the namespace.
        requests: The number of calls that each task answered, by its name; None if tasks do not identify
            themselves.
        cpu_percent: The mean CPU of each task, in percent of one CPU.
        p50_ms: The median duration of a call.
        p99_ms: The duration that 99 % of the calls do not exceed.
        calls: The number of calls.
        errors: The number of failed calls, by gRPC status.

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
        """The coefficient of variation of the calls by task; None if they are not known."""
        return None if self.requests is None else cv(self.requests.values())

    @property
    def cv_cpu(self) -> float:
        """The coefficient of variation of the CPU by task."""
        return cv(self.cpu_percent.values())

    @property
    def idle(self) -> list[str]:
        """The tasks that got no call."""
        return [task for task, count in (self.requests or {}).items() if count == 0]


@dataclass(frozen=True, kw_only=True)
class NewTask:
    """A task that started during a change.

    Attributes:
        task: Its name.
        first_request: Seconds to its first call from the moment when it was listed and healthy; 0 if the
            call came sooner, None if it had no call.

    """

    task: str
    first_request: float | None


@dataclass(frozen=True, kw_only=True)
class Change:
    """A change of the deployed system while clients call it.

    Attributes:
        service: The service that changed.
        what: A description of the change.
        begin: When it began, in seconds of the wall clock.
        end: When its measurement ended, in seconds of the wall clock.
        new_tasks: The tasks that started.
        calls: The number of calls to the service from `begin` to `end`.
        errors: The number of these calls that failed, by gRPC status.
        busiest_share: The largest share of the calls that a task got at any time, where 1 is an even share;
            None if tasks do not identify themselves.

    """

    service: str
    what: str
    begin: float
    end: float
    new_tasks: list[NewTask]
    calls: int
    errors: dict[str, int]
    busiest_share: float | None


@dataclass(frozen=True, kw_only=True)
class ProxyUse:
    """The CPU and memory that one task of the proxy used in the state after.

    Attributes:
        task: Its name.
        cpu_percent: Its mean CPU in percent of one CPU.
        memory_mib: Its highest resident memory.

    """

    task: str
    cpu_percent: float
    memory_mib: float


@dataclass(kw_only=True)
class Outcome:
    """The outcome of a rehearsal.

    Attributes:
        config: The configuration file.
        date: When it ran, in UTC.
        machine: The machine that it ran on.
        versions: The versions of the programs that ran.
        before: The results of each service behind the L4 proxy.
        after: The results of each service behind Envoy.
        proxies: The CPU and memory of the proxy's tasks.
        proxy_cpu_limit_percent: The CPU that a task of the proxy may use, in percent of one CPU.
        proxy_memory_limit_mib: The memory of a task of the proxy.
        discovery_bound_seconds: The longest time from a task's registration to its first call, by
            service: propagation, TTL and refresh by DNS, a poll and a health check by Cloud Map.
        in_zone: The share of each service's calls that stayed in the zone of their Envoy, after.
        prometheus_before: What Prometheus reported before; None if none ran.
        prometheus_after: What Prometheus reported after; None if none ran.
        calls_by_clients: The calls through Envoy, as the clients counted them.
        calls_by_prometheus: The same calls as Prometheus scraped them from Envoy; empty if none ran.
        scale_out: The scale-out; None if there was none.
        roll: The rolling deployment; None if there was none.
        cut_over: The steps of the cut-over; empty without one.
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
    prometheus_before: PrometheusResult | None = None
    prometheus_after: PrometheusResult | None = None
    calls_by_clients: CallsByMethod = field(default_factory=dict[str, dict[str, int]])
    calls_by_prometheus: CallsByMethod = field(default_factory=dict[str, dict[str, int]])
    scale_out: Change | None = None
    roll: Change | None = None
    cut_over: list[CutOverStep] = field(default_factory=list[CutOverStep])
    seconds: dict[str, float] = field(default_factory=dict[str, float])

    def problems(self) -> list[str]:
        """Return why the rehearsal failed: calls that failed, and tasks behind Envoy without a call."""
        problems = [
            f"{result.service}: {text} in the state {state}"
            for state, results in (("before", self.before), ("after", self.after))
            for result in results
            if (text := describe_errors(result.errors))
        ]
        problems += [
            f"{result.service}: {task} got no call in the state after"
            for result in self.after
            for task in result.idle
        ]
        problems += [problem for step in self.cut_over for problem in step.problems()]
        for name, change in (("the scale-out", self.scale_out), ("the rolling deployment", self.roll)):
            if change and (text := describe_errors(change.errors)):
                problems.append(f"{change.service}: {text} during {name}")
            if change and change.busiest_share and change.busiest_share > MAX_SHARE:
                share = f"{change.busiest_share:.1f} times its even share"
                problems.append(
                    f"{change.service}: a task got {share} of the calls during {name}; "
                    f"at most {MAX_SHARE:.0f} times is even enough"
                )
            problems += [
                f"{task.task}: no call reached it during {name}"
                for task in (change.new_tasks if change else ())
                if task.first_request is None
            ]
        return problems

    def remarks(self) -> list[str]:
        """Return which targets of time and evenness were missed; a busy machine can be the cause."""
        remarks: list[str] = []
        for result in self.after:
            if result.cv_requests is not None and result.cv_requests > CV_REQUESTS_TARGET:
                remarks.append(
                    f"{result.service}: the CV of requests is {result.cv_requests:.3f} in the state after; "
                    f"the target is {CV_REQUESTS_TARGET:.2f}"
                )
            if result.cv_cpu > CV_CPU_TARGET:
                remarks.append(
                    f"{result.service}: the CV of CPU is {result.cv_cpu:.3f} in the state after; "
                    f"the target is {CV_CPU_TARGET:.2f}"
                )
        for change in filter(None, (self.scale_out, self.roll)):
            remarks += [
                f"{task.task}: its first call came {task.first_request:.1f} s after it was healthy; "
                f"the bound is {self.discovery_bound_seconds[change.service]:.0f} s"
                for task in change.new_tasks
                if task.first_request is not None
                and task.first_request > self.discovery_bound_seconds[change.service]
            ]
        return remarks


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
        tasks: The names of its tasks, by the `address:port` with which they identify themselves.
        cpu_percent: The mean CPU of each task.
        requests: Envoy's counts, which are used if tasks do not identify themselves.

    """
    by_task = Counter(tasks[call.task] for call in calls if call.task in tasks)
    answered = [call.milliseconds for call in calls if call.status == "OK"]
    return ServiceResult(
        service=service,
        requests={name: by_task[name] for name in tasks.values()} if by_task else requests,
        cpu_percent=cpu_percent,
        p50_ms=percentile(answered, 0.5),
        p99_ms=percentile(answered, 0.99),
        calls=len(calls),
        errors=error_counts(calls),
    )
