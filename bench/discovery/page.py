"""Writes the results as a page."""

import statistics
from dataclasses import dataclass
from pathlib import Path

from bench.discovery.changes import Turns
from bench.discovery.cost import Cost
from bench.discovery.evenness import ROUNDS, Evenness, Zones
from bench.discovery.outages import SECONDS, Outage
from bench.discovery.three_kinds import KindsCost
from bench.markdown import write_markdown
from rehearsal.machine import Description


@dataclass(frozen=True, kw_only=True)
class Results:
    """All results, and the machine that they were measured on."""

    machine: Description
    evenness: list[Evenness]
    zones: Zones
    turns: list[Turns]
    outages: list[Outage]
    cost: Cost
    kinds: KindsCost
    at_size: str


def write_page(results: Results, path: Path) -> None:
    """Write `results` to `path` as Markdown."""
    template = Path(__file__).with_name("page.md.jinja")
    write_markdown(template, path, **vars(results), rounds=ROUNDS, outage_seconds=SECONDS, median=_median)


def _median(seconds: list[float]) -> str:
    return f"{statistics.median(seconds):.2f} ({max(seconds):.2f})"
