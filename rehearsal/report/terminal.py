"""Prints the outcome as tables on the terminal."""

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.table import Table

from rehearsal.course.cut_over_result import CutOverStep
from rehearsal.course.outcome import Change, Outcome, ServiceResult


def show(console: Console, outcome: Outcome) -> None:
    """Print `outcome`; the problems come last."""
    for before, after in zip(outcome.before, outcome.after, strict=True):
        console.print(_service_table(before, after))
    console.print(_proxy_table(outcome))
    for service, share in outcome.in_zone.items():
        console.print(f"{service}: {share:.0%} of the calls stayed in their availability zone")
    for state, result in (("before", outcome.prometheus_before), ("after", outcome.prometheus_after)):
        if result:
            skew = ", ".join(f"{service} {ratio:.2f}" for service, ratio in result.task_cpu_skew.items())
            alert = (
                f"the skew alert fires for {', '.join(result.skew_alerts)}"
                if result.skew_alerts
                else "no skew alert fires"
            )
            console.print(f"Prometheus, {state}: CPU of the busiest task over the mean: {skew}; {alert}")
    if outcome.cut_over:
        console.print(_cut_over_table(outcome.cut_over))
    for change in (outcome.scale_out, outcome.roll):
        for line in _change_lines(change, outcome.discovery_bound_seconds[change.service]) if change else ():
            console.print(line)
    for remark in outcome.remarks():
        console.print(remark, style="yellow", soft_wrap=True)
    for problem in outcome.problems():
        console.print(problem, style="red", soft_wrap=True)


def _service_table(before: ServiceResult, after: ServiceResult) -> Table:
    rows = Table(title=before.service, title_justify="left")
    rows.add_column("task")
    for column in ("requests before", "after", "CPU % before", "after"):
        rows.add_column(column, justify="right")
    for task in before.cpu_percent:
        rows.add_row(
            task,
            _count(before, task),
            _count(after, task),
            f"{before.cpu_percent[task]:.1f}",
            f"{after.cpu_percent[task]:.1f}",
        )
    rows.add_section()
    rows.add_row(
        "CV",
        _share(before.cv_requests),
        _share(after.cv_requests),
        _share(before.cv_cpu),
        _share(after.cv_cpu),
    )
    rows.add_section()
    for name, before_value, after_value in (
        ("p50 ms", f"{before.p50_ms:.1f}", f"{after.p50_ms:.1f}"),
        ("p99 ms", f"{before.p99_ms:.1f}", f"{after.p99_ms:.1f}"),
        ("failed calls", str(sum(before.errors.values())), str(sum(after.errors.values()))),
    ):
        rows.add_row(name, before_value, after_value, "", "")
    return rows


def _proxy_table(outcome: Outcome) -> Table:
    rows = Table(title="Envoy", title_justify="left")
    rows.add_column("task")
    rows.add_column(f"CPU % (of {outcome.proxy_cpu_limit_percent:.0f})", justify="right")
    rows.add_column(f"memory MiB (of {outcome.proxy_memory_limit_mib})", justify="right")
    for proxy in outcome.proxies:
        rows.add_row(proxy.task, f"{proxy.cpu_percent:.1f}", f"{proxy.memory_mib:.0f}")
    return rows


def _cut_over_table(steps: Sequence[CutOverStep]) -> Table:
    rows = Table(title="Cut-over: connections by the old name", title_justify="left")
    rows.add_column("service")
    for column in ("percent", "to the proxy", "share", "calls", "failed", "still at the load balancer"):
        rows.add_column(column, justify="right")
    for step in steps:
        rows.add_row(
            step.service,
            str(step.percent),
            f"{step.by_proxy} of {step.dials}",
            f"{step.share:.0f} %",
            str(step.calls),
            str(sum(step.errors.values())),
            str(step.pinned),
        )
    return rows


def _change_lines(change: Change, bound: float) -> Iterator[str]:
    failed = sum(change.errors.values())
    yield f"{change.service}: {change.what}: {change.calls} calls in that time, {failed} failed"
    if change.busiest_share is not None:
        yield f"  the busiest task had at most {change.busiest_share:.1f} times its even share"
    for task in change.new_tasks:
        first = "no call" if task.first_request is None else f"first call after {task.first_request:.1f} s"
        yield f"  {task.task}: {first} (bound: {bound:.0f} s)"


def _count(result: ServiceResult, task: str) -> str:
    return "?" if result.requests is None else str(result.requests[task])


def _share(value: float | None) -> str:
    return "?" if value is None else f"{value:.3f}"
