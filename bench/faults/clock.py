"""Lets the wall clock of processes jump, by libfaketime (https://github.com/wolfcw/libfaketime)."""

from importlib.metadata import files
from pathlib import Path


def clock_environment(path: Path) -> dict[str, str]:
    """Return the environment variables with which a process reads its clock's offset from `path`.

    The monotonic clock stays as it is, as where NTP sets a clock.
    """
    library = next(Path(str(f.locate())) for f in files("libfaketime") or [] if f.name == "libfaketime.so.1")
    set_clock(path, "+0")
    return {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(path),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }


def set_clock(path: Path, offset: str) -> None:
    """Set the clocks that read `path` by `offset`, such as `+1h`."""
    new = path.with_suffix(".new")
    new.write_text(offset, encoding="utf-8")
    new.replace(path)
