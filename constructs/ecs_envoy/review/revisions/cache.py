"""The folder in which `ecs-envoy diff` keeps what takes long to make: environments and assemblies."""

import fcntl
import hashlib
import os
import shutil
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

_UNUSED_SECONDS = 30 * 24 * 3600.0
_COMPLETE = ".complete"


def cache_folder() -> Path:
    """Return the folder: `ECS_ENVOY_CACHE`, or else `ecs-envoy` in the user's folder for caches."""
    if given := os.environ.get("ECS_ENVOY_CACHE"):
        return Path(given).absolute()
    caches = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(caches).absolute() / "ecs-envoy"


def key(*parts: str | bytes) -> str:
    """Return a name for what `parts` determine."""
    digest = hashlib.sha256()
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        digest.update(f"{len(content)}:".encode())
        digest.update(content)
    return digest.hexdigest()[:24]


@contextmanager
def locked(folder: Path) -> Generator[None]:
    """Let no other process make `folder` at the same time."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f"{folder.name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def is_complete(folder: Path) -> bool:
    """Return whether `folder` was made completely; if so, it counts as used now."""
    mark = folder / _COMPLETE
    if not mark.is_file():
        return False
    mark.touch()
    return True


def complete(folder: Path) -> None:
    """Mark `folder` as made completely."""
    (folder / _COMPLETE).touch()


def remove_unused(cache: Path) -> None:
    """Remove environments and assemblies that nobody used for 30 days, and what is half made since then."""
    oldest = time.time() - _UNUSED_SECONDS
    for folder in [*cache.glob("environments/*/"), *cache.glob("assemblies/*/")]:
        mark = folder / _COMPLETE
        if (mark if mark.exists() else folder).stat().st_mtime < oldest:
            shutil.rmtree(folder, ignore_errors=True)
