"""Mistakes in a configuration file, with the keys as they are written there."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake in a configuration file.

    Attributes:
        line: Its line, from 1; 0 for the file as a whole.
        key: The key as a path, such as `services.lessons.port`; empty for the file as a whole.
        message: Says what is there and what to write instead.

    """

    line: int
    key: str
    message: str


class ConfigurationError(ValueError):
    """A configuration file cannot be used.

    Attributes:
        problems: All mistakes in the file, in the order of its lines.

    """

    def __init__(self, path: Path, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(_line(path, problem) for problem in self.problems))


def _line(path: Path, problem: Problem) -> str:
    place = f"{path}:{problem.line}" if problem.line else str(path)
    return _printable(": ".join(part for part in (place, problem.key, problem.message) if part))


def _printable(text: str) -> str:
    """Return `text` on one line, with escapes for line breaks and control sequences in quoted values."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)
