"""The folder for a rehearsal's report and logs."""

import os
import shutil
from pathlib import Path

_MARKER = ".ecs-envoy-rehearsal"
"""A file that marks a folder as made by a rehearsal, so that the next rehearsal may delete it."""
_CURE = "give a folder that is new or empty, such as /tmp/rehearsal"


def fresh_folder(out: Path, config: Path) -> Path:
    """Make `out` an empty folder, delete what an earlier rehearsal left there, and return its absolute path.

    Raises:
        ValueError: It is not a folder, cannot be created, or contains files that no rehearsal made.

    """
    try:
        folder = Path(os.path.realpath(out))  # resolve() raises for a link to itself
        file = next((part for part in (folder, *folder.parents) if part.exists() and not part.is_dir()), None)
        if file:
            raise ValueError(f"{out}: {file} is not a folder; {_CURE}")
        if folder.exists():
            _empty(out, folder, config)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _MARKER).touch()
    except OSError as error:
        raise ValueError(f"{out}: cannot be created or written to: {error.strerror}; {_CURE}") from None
    return folder


def _empty(out: Path, folder: Path, config: Path) -> None:
    entries = set(folder.iterdir())
    if entries and folder / _MARKER not in entries:
        raise ValueError(f"{out}: not a folder that a rehearsal made; {_CURE}")
    if config.resolve().is_relative_to(folder):
        raise ValueError(f"{out}: contains {config}, which would be deleted with the last rehearsal; {_CURE}")
    for entry in entries - {folder / _MARKER}:
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
