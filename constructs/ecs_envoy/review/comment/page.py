"""The parts of a comment, the same for every format.

In every text, what stands between backticks is code; a value that comes from a template or a file is code.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Bullet:
    """An item of a list; `depth` is 1 for an item below another."""

    text: str
    depth: int = 0


@dataclass(frozen=True, kw_only=True)
class Code:
    """Text in a fixed-width font, such as a diff."""

    text: str
    language: str = ""


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows under a header; every column but the first is numbers, so it is set to the right."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, kw_only=True)
class Note:
    """A sentence by itself."""

    text: str


Entry = Bullet | Code | Table | Note


@dataclass(frozen=True, kw_only=True)
class Section:
    """A part of the comment.

    Attributes:
        title: Its heading; empty for the lines at the top of an environment.
        entries: What it says, the most important first.
        importance: What is cut first if the comment is too long: the section with the lowest number.
        folded: Whether it is shown only when a reader asks for it, where the format can do that.

    """

    title: str
    entries: tuple[Entry, ...]
    importance: int
    folded: bool = False


@dataclass(frozen=True, kw_only=True)
class Part:
    """What the comment says about one environment.

    Attributes:
        summary: The one line that says it all.
        sections: The sections below it, without empty ones.

    """

    summary: str
    sections: tuple[Section, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Page:
    """A whole comment.

    Attributes:
        parts: One for each environment that differs.
        unchanged: The names of the environments in which nothing differs.
        compared: What was compared, such as `main (1a2b3c4) with the working tree`.

    """

    parts: tuple[Part, ...]
    unchanged: tuple[str, ...]
    compared: str


def code(value: str) -> str:
    """Return `value` as code within a text."""
    flat = " ".join(value.replace("`", "'").split())
    return f"`{flat}`" if flat else "nothing"


def enumeration(names: Sequence[str]) -> str:
    """Return names as a sentence lists them: `a`, `a and b`, `a, b and c`."""
    return " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)
