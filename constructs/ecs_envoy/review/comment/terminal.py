"""Writes a comment for a terminal."""

import re
import textwrap
from collections.abc import Iterator

import click

from ecs_envoy.review.comment.page import Bullet, Code, Entry, Note, Page, Section, Table

_WIDTH = 100
_SPANS = re.compile(r"(`[^`]*`|\*\*[^*]*\*\*)")
_DIFF_COLOURS = {"+": "green", "-": "red"}


def terminal(page: Page) -> str:
    """Return the comment with ANSI styles; `click.echo` removes them where there is no terminal."""
    return "\n".join(_lines(page)) + "\n"


def _lines(page: Page) -> Iterator[str]:
    for part in page.parts:
        yield click.style(_plain(part.summary), bold=True, underline=True)
        for section in part.sections:
            yield from _section(section)
        yield ""
    if page.unchanged:
        yield f"{', '.join(page.unchanged)}: nothing changes"
    yield click.style(_plain(page.compared), dim=True)


def _section(section: Section) -> Iterator[str]:
    yield ""
    yield click.style(section.title, bold=True)
    for entry in section.entries:
        yield from _entry(entry)


def _entry(entry: Entry) -> Iterator[str]:
    match entry:
        case Bullet():
            indent = "  " * (entry.depth + 1)
            # Wrapped before it is styled, because the characters of a style have no width.
            wrapped = textwrap.wrap(
                entry.text, _WIDTH, initial_indent=f"{indent}- ", subsequent_indent=f"{indent}  ",
                break_long_words=False, break_on_hyphens=False,
            )  # fmt: skip
            yield from _styled("\n".join(wrapped)).split("\n")
        case Note():
            yield f"  {_styled(entry.text)}"
        case Code():
            for line in entry.text.splitlines():
                yield "    " + click.style(line, fg=_DIFF_COLOURS.get(line[:1]))
        case Table():
            yield from _table(entry)


def _table(table: Table) -> Iterator[str]:
    rows = [tuple(map(_plain, row)) for row in (table.header, *table.rows)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(table.header))]
    for row in rows:
        first, *others = row
        cells = [first.ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        yield "  " + "  ".join(cells).rstrip()


def _plain(text: str) -> str:
    return text.replace("**", "").replace("`", "")


def _styled(text: str) -> str:
    def style(part: str) -> str:
        if part.startswith("`"):
            return click.style(part.strip("`"), fg="cyan")
        return click.style(_plain(part), bold=True) if part.startswith("**") else part

    return "".join(map(style, _SPANS.split(text)))
