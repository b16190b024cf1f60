"""How the command ends if something is wrong."""

import sys
from contextlib import suppress
from typing import NoReturn

import click

FAILED, BAD_INPUT = 1, 2
"""Exit statuses."""


def fail(message: object, status: int) -> NoReturn:
    """Print `message` on standard error, and exit with `status`."""
    with suppress(OSError):  # if standard error is full, too, the exit status still shows the failure
        click.echo(str(message), err=True)
    sys.exit(status)
