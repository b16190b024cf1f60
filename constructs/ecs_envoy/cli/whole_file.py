"""Writes a file completely or not at all."""

import os
import shutil
from contextlib import suppress
from pathlib import Path

import click

from ecs_envoy.cli.ending import BAD_INPUT, fail


def print_or_write(text: str, output: Path | None) -> None:
    """Print `text`, or write it to the file `output`; if that fails, say why and exit."""
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        write_whole(output, text)
    except OSError as error:
        cure = "give a file in a folder that exists and has free space"
        fail(f"{output}: cannot be written: {error.strerror}; {cure}", BAD_INPUT)


def write_whole(path: Path, text: str) -> None:
    """Write `text` to the file at `path`; if that fails, the file keeps its content.

    A device or a pipe, such as /dev/stdout, is written to directly.

    Raises:
        OSError: The file cannot be written.

    """
    target = Path(os.path.realpath(path))  # so that a link stays a link
    if target.exists() and not target.is_file():
        target.write_text(text, encoding="utf-8")
        return
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        temporary.write_text(text, encoding="utf-8")
        if target.exists():
            shutil.copymode(target, temporary)
        temporary.replace(target)
    except OSError:
        with suppress(OSError):
            temporary.unlink()
        raise
