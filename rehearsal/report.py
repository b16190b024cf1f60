"""What the rehearsal shows: requests by task, before and after."""

from rich.console import Console
from rich.table import Table

from rehearsal.load import Result


def table(service: str, before: Result, after: Result) -> Table:
    """Return the table of one service."""
    rows = Table(title=f"{service}: requests by task", title_justify="left")
    rows.add_column("task")
    rows.add_column("before (L4)", justify="right")
    rows.add_column("after (Envoy)", justify="right")
    for task in before.requests:
        rows.add_row(task, str(before.requests[task]), str(after.requests[task]))
    rows.add_section()
    rows.add_row("CV", f"{before.cv:.3f}", f"{after.cv:.3f}")
    rows.add_row("errors", _errors(before), _errors(after))
    return rows


def _errors(result: Result) -> str:
    by_status = ", ".join(f"{count} {status}" for status, count in sorted(result.errors.items()))
    return by_status or "0"


def verdict(console: Console, service: str, before: Result, after: Result) -> bool:
    """Print what is wrong with the calls to `service`; return whether nothing is."""
    problems: list[str] = []
    for state, result in (("before", before), ("after", after)):
        if failed := result.errors.total():
            problems.append(f"{failed} calls failed {state}: {_errors(result)}")
    if after.idle:
        problems.append(f"{after.idle} tasks got no call after")
    for problem in problems:
        console.print(f"{service}: {problem}", style="red")
    return not problems
