"""Writes the results as a page."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.markdown import write_markdown
from bench.size.proxy import RATE, ProxySize
from bench.size.synth import Imports, Synthesis
from rehearsal.machine import Description


@dataclass(frozen=True, kw_only=True)
class Results:
    """All results, and the machine that they were measured on."""

    machine: Description
    synthesis: Sequence[Synthesis]
    imports: Imports
    proxies: Sequence[ProxySize]
    small: ProxySize
    with_metrics: ProxySize


def write_page(results: Results, path: Path) -> None:
    """Write `results` to `path` as Markdown."""
    template = Path(__file__).with_name("page.md.jinja")
    write_markdown(template, path, **vars(results), rate=RATE)
