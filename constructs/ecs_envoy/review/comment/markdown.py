"""Writes a comment in Markdown, as GitHub and GitLab show it."""

import html
import re
from collections.abc import Callable, Sequence

from ecs_envoy.review.comment.cutting import cut
from ecs_envoy.review.comment.page import Bullet, Code, Entry, Note, Page, Part, Section, Table

LONGEST = 60_000
"""The most characters of a comment. GitHub refuses one of more than 65,536."""

_SPANS = re.compile(r"(`[^`]*`|\*\*)")


def markdown(page: Page, *, longest: int = LONGEST) -> str:
    """Return the comment, cut to at most `longest` characters by importance."""
    return cut(page, _whole, longest)


def _whole(page: Page) -> str:
    blocks = [_part(part) for part in page.parts]
    if page.unchanged:
        blocks.append(f"{_text(_unchanged(page.unchanged))}\n")
    blocks.append(f"<sub>{_text(page.compared)}</sub>\n")
    return "\n".join(blocks)


def _unchanged(names: Sequence[str]) -> str:
    return f"{', '.join(f'`{name}`' for name in names)}: nothing changes"


def _part(part: Part) -> str:
    return "\n".join([f"### {_text(part.summary)}\n", *map(_section, part.sections)])


def _section(section: Section) -> str:
    body = "".join(map(_entry, section.entries))
    if section.folded:
        return f"<details><summary><b>{_text(section.title)}</b></summary>\n\n{body}\n</details>\n"
    return f"**{_text(section.title)}**\n\n{body}"


def _entry(entry: Entry) -> str:
    match entry:
        case Bullet():
            return f"{'  ' * entry.depth}- {_text(entry.text)}\n"
        case Note():
            return f"\n{_text(entry.text)}\n\n"
        case Code():
            return f"\n{_fenced(entry)}\n"
        case Table():
            return _table(entry)


def _fenced(entry: Code) -> str:
    # A fence is longer than any row of backticks in the text, so that the text cannot end it.
    longest = max((len(found) for found in re.findall(r"`+", entry.text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{entry.language}\n{entry.text.rstrip()}\n{fence}"


def _table(table: Table) -> str:
    rows = [table.header, ("---", *["---:"] * (len(table.header) - 1)), *table.rows]
    escaped: Callable[[str], str] = lambda cell: cell if cell.startswith("---") else _text(cell)  # noqa: E731
    return "".join(f"| {' | '.join(map(escaped, row))} |\n" for row in rows) + "\n"


def _text(text: str) -> str:
    """Return `text` with what Markdown, HTML or GitHub would take for their own escaped, except in code.

    A name in a template may be anything, also `@team`, which would send mail to a team.
    """
    return "".join(
        part if part.startswith("`") or part == "**" else _escaped(part) for part in _SPANS.split(text)
    ).replace("|", "\\|")


def _escaped(text: str) -> str:
    plain = re.sub(r"([\\*_\[\]#])", r"\\\1", html.escape(text, quote=False))
    return plain.replace("@", "&#64;")
