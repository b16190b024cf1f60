"""What a check found."""

from dataclasses import dataclass
from typing import Literal

Status = Literal["ok", "warning", "problem", "unknown"]
"""
`ok`: as it should be. `warning`: works, with a drawback. `problem`: calls fail or will fail, or nobody would
notice it. `unknown`: it could not be read.
"""


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a check found about one thing.

    Attributes:
        status: How it is.
        subject: What was looked at, such as the name of a stack or a service.
        message: What is there, and for anything but `ok` also what to do.

    """

    status: Status
    subject: str
    message: str


def ok(subject: str, message: str) -> Result:
    """Return that `subject` is as it should be."""
    return Result(status="ok", subject=subject, message=message)


def warning(subject: str, message: str) -> Result:
    """Return that `subject` works, with a drawback."""
    return Result(status="warning", subject=subject, message=message)


def problem(subject: str, message: str) -> Result:
    """Return that `subject` is broken, or that it breaks unnoticed."""
    return Result(status="problem", subject=subject, message=message)


def unknown(subject: str, message: str) -> Result:
    """Return that `subject` could not be read."""
    return Result(status="unknown", subject=subject, message=message)
