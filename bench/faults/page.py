"""Writes what the history says of each fault as a page."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.faults.checker import Row
from bench.markdown import write_markdown
from rehearsal.machine import Description


@dataclass(frozen=True, kw_only=True)
class Results:
    """The rows of every world.

    Attributes:
        machine: The machine, the date and the versions.
        rows: A row for each fault.
        missing: What was not raised, and why.
        seconds: How long the run took.
        busy: The machine's load average over the last 15 minutes: what else runs there makes calls slower.

    """

    machine: Description
    rows: Sequence[Row]
    missing: Sequence[str]
    seconds: float
    busy: float


def verdict(row: Row) -> str:
    """Return what the page says of `row`."""
    said = "**over**: " + "; ".join(row.over) if row.over else "kept"
    return said + (f" (raised again; at first {'; '.join(row.at_first)})" if row.at_first else "")


def recovery(row: Row) -> str:
    """Return the seconds until the last failed call had ended."""
    return f"{row.recovered:.1f}" if row.failed else "-"


def slowness(row: Row) -> str:
    """Return the p99 of short calls during the fault, and without it where the two are compared."""
    before = "" if row.p99_without is None else f" ({row.p99_without * 1000:.0f})"
    return f"{row.p99 * 1000:.0f}{before}"


def write_page(results: Results, path: Path) -> None:
    """Write `results` to `path` as Markdown."""
    write_markdown(
        Path(__file__).with_name("page.md.jinja"),
        path,
        **vars(results),
        verdict=verdict,
        recovery=recovery,
        slowness=slowness,
        over=[row for row in results.rows if row.over],
    )
