"""Cuts a comment that is too long: what is least important goes first, and is counted."""

from collections.abc import Callable
from dataclasses import replace

from ecs_envoy.review.comment.page import Bullet, Code, Entry, Note, Page, Part, Section, Table

Write = Callable[[Page], str]


def cut(page: Page, write: Write, longest: int) -> str:
    """Return what `write` makes of `page`, without what has to go for at most `longest` characters.

    The sections of the least importance lose their last entries first, in all environments alike. Each
    section says how much of it was left out.
    """
    text = write(page)
    if len(text) <= longest:
        return text
    for importance in sorted({s.importance for part in page.parts for s in part.sections}):
        found = _largest_share(page, importance, write, longest)
        if found is not None:
            return write(found)
        page = _keep(page, importance, 0.0)
    text = write(page)
    # Only the summaries are left now, of very many environments.
    return text if len(text) <= longest else f"{text[: longest - 2]}…\n"


def _largest_share(page: Page, importance: int, write: Write, longest: int) -> Page | None:
    """Return `page` with as much of the sections of one importance as fits; None if even none does not."""
    if len(write(_keep(page, importance, 0.0))) > longest:
        return None
    low, high = 0.0, 1.0
    for _ in range(12):
        middle = (low + high) / 2
        low, high = (
            (middle, high) if len(write(_keep(page, importance, middle))) <= longest else (low, middle)
        )
    return _keep(page, importance, low)


def _keep(page: Page, importance: int, share: float) -> Page:
    """Return `page` with only the first part of each section of one importance."""
    return replace(page, parts=tuple(_keep_in_part(part, importance, share) for part in page.parts))


def _keep_in_part(part: Part, importance: int, share: float) -> Part:
    return replace(
        part,
        sections=tuple(
            _keep_in_section(section, share) if section.importance == importance else section
            for section in part.sections
        ),
    )


def _keep_in_section(section: Section, share: float) -> Section:
    entries = [piece for entry in section.entries for piece in _pieces(entry)]
    kept = entries[: int(share * len(entries))]
    left_out = sum(_lines(entry) for entry in entries[len(kept) :])
    if not left_out:
        return section
    while kept and isinstance(kept[-1], Note):
        kept.pop()  # a heading without anything below it
    lines = "line" if left_out == 1 else "lines"
    return replace(section, entries=(*kept, Bullet(text=f"… and {left_out} more {lines}, left out here")))


_PIECE = 20


def _pieces(entry: Entry) -> list[Entry]:
    """Return a long entry as several, so that a part of it can stay."""
    match entry:
        case Code():
            lines = entry.text.splitlines()
            return [
                replace(entry, text="\n".join(lines[begin : begin + _PIECE]))
                for begin in range(0, len(lines), _PIECE)
            ]
        case Table() | Bullet() | Note():
            return [entry]


def _lines(entry: Entry) -> int:
    match entry:
        case Code():
            return len(entry.text.splitlines())
        case Table():
            return len(entry.rows)
        case Bullet():
            return 1
        case Note():
            return 0
