"""Writes the results as a page."""

from dataclasses import dataclass
from pathlib import Path

from bench.markdown import write_markdown
from bench.proxy_cost import cost, quota, series
from rehearsal.machine import Description


@dataclass(frozen=True, kw_only=True)
class Results:
    """All results, and the machine that they were measured on.

    `quota_error` says why proxies could not be limited to a quarter of a CPU; it is None if they were.
    """

    machine: Description
    series: series.Series
    costs: dict[int | None, list[cost.Cost]]
    limited: list[quota.Limited]
    knees: dict[str, int]
    quota_error: str | None


def write_page(results: Results, path: Path) -> None:
    """Write `results` to `path` as Markdown."""
    template = Path(__file__).with_name("page.md.jinja")
    write_markdown(template, path, **vars(results), cost=cost, quota=quota, tasks=series.TASKS)
