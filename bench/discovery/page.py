"""The results as a page."""

import statistics
from dataclasses import dataclass
from pathlib import Path

import jinja2

from bench.discovery.changes import Turns
from bench.discovery.cost import Cost
from bench.discovery.evenness import ROUNDS, Evenness, Zones
from bench.discovery.outages import SECONDS, Outage
from rehearsal.machine import Description


@dataclass(frozen=True, kw_only=True)
class Results:
    """All that was measured, and on what."""

    machine: Description
    evenness: list[Evenness]
    zones: Zones
    turns: list[Turns]
    outages: list[Outage]
    cost: Cost


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
        **vars(results), rounds=ROUNDS, outage_seconds=SECONDS, middle=_middle
    )
    path.write_text(text, encoding="utf-8")


def _middle(seconds: list[float]) -> str:
    return f"{statistics.median(seconds):.2f} ({max(seconds):.2f})"
