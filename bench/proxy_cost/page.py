"""The results as a page."""

from dataclasses import dataclass
from pathlib import Path

from bench.markdown import write_markdown
from bench.proxy_cost import cost, quota, series
from rehearsal.machine import Description


@dataclass(frozen=True, kw_only=True)
class Results:
    """All that was measured, and on what; `no_quota` says why a quarter of a CPU could not be had."""

    machine: Description
    series: series.Series
    costs: dict[int | None, list[cost.Cost]]
    held: list[quota.Held]
    knees: dict[str, int]
    no_quota: str | None


def write_page(results: Results, path: Path) -> None:
    """Write `results` to `path` as Markdown."""
    template = Path(__file__).with_name("page.md.jinja")
    write_markdown(template, path, **vars(results), cost=cost, quota=quota, tasks=series.TASKS)
