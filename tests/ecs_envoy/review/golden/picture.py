"""Draws a comment, with what GitHub folds left folded."""

import io
from dataclasses import replace

from rich.console import Console
from rich.terminal_theme import DIMMED_MONOKAI
from rich.text import Text

from ecs_envoy.review.comment.page import Page, Part, Section
from ecs_envoy.review.comment.terminal import terminal

_WIDTH = 106  # columns: a line of the terminal's form, and its indent


def picture(page: Page) -> str:
    """Return an SVG of the comment as a terminal shows it."""
    console = Console(record=True, width=_WIDTH, file=io.StringIO(), force_terminal=True)
    text = terminal(replace(page, parts=tuple(map(_folded, page.parts))))
    console.print(Text.from_ansi(text.rstrip() + "\n"))
    svg = console.export_svg(title="ecs-envoy diff", unique_id="review", theme=DIMMED_MONOKAI)
    return "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"


def _folded(part: Part) -> Part:
    shown = [section for section in part.sections if not section.folded]
    titles = [f"▸ {section.title}" for section in part.sections if section.folded]
    below = Section(title="   ".join(titles), entries=(), importance=0)
    return replace(part, sections=(*shown, *([below] if titles else [])))
