"""Writes the report as one HTML page. Its pictures are embedded, so that it needs no network."""

import base64
from collections.abc import Sequence
from pathlib import Path

import jinja2

from rehearsal.course.outcome import Outcome, ServiceResult


def write_page(outcome: Outcome, pictures: Sequence[Path], path: Path) -> None:
    """Write the report of `outcome` with `pictures` to `path`."""
    folder = Path(__file__).parent
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    text = environment.get_template("page.html.jinja").render(
        outcome=outcome,
        pictures={p.name: base64.b64encode(p.read_bytes()).decode() for p in pictures},
        states=list(zip(outcome.before, outcome.after, strict=True)),
        changes=[change for change in (outcome.scale_out, outcome.roll) if change],
        count=_count,
        share=_share,
    )
    path.write_text(text, encoding="utf-8")


def _share(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.3f}"


def _count(result: ServiceResult, task: str) -> str:
    return "unknown" if result.requests is None else str(result.requests[task])
