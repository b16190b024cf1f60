"""The results as a page."""

from dataclasses import dataclass
from pathlib import Path

import jinja2

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
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=False,  # noqa: S701  # Markdown of our own figures
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    text = environment.get_template("page.md.jinja").render(
        **vars(results), cost=cost, quota=quota, tasks=series.TASKS
    )
    path.write_text(text, encoding="utf-8")
