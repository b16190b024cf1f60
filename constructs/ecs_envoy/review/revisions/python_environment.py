"""The Python environment of a revision: the packages that its lock file names."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ecs_envoy.review.programs import program_path
from ecs_envoy.review.revisions.cache import complete, is_complete, key, locked

LOCK_FILES = ("uv.lock", "requirements.txt")
"""The lock files that are looked for, in this order."""

# Without compiled modules every start of Python takes seconds more.
_OF_THIS_PYTHON = {"VIRTUAL_ENV", "PYTHONHOME", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE"}
_LOCAL = re.compile(r"^\s*(-e\b|--editable\b|\.{1,2}(/|$|\[)|file:)")


class EnvironmentFailedError(Exception):
    """The packages of a revision cannot be installed; the message names its lock file."""


@dataclass(frozen=True, kw_only=True)
class PythonEnvironment:
    """How to run the Python code of a revision.

    Attributes:
        variables: The variables to run it with, in place of those of this process.
        key: What stands for its packages in the name of what is made with it.
        locked: Whether its packages are those of a lock file; otherwise they are those of this Python.

    """

    variables: dict[str, str]
    key: str
    locked: bool


def python_environment(project: Path, *, cache: Path, lock: str | None) -> PythonEnvironment:
    """Return the environment of the revision in `project`; one for each lock file is made and kept.

    Args:
        project: The folder of the project.
        cache: Where environments are kept.
        lock: The lock file, as a path within the project; None to look for one.

    Raises:
        EnvironmentFailedError: The lock file is missing, or its packages cannot be installed.

    """
    file = _lock_file(project, lock)
    if file is None:
        return PythonEnvironment(
            variables=_variables(project, Path(sys.executable).parent), key="this Python", locked=False
        )
    name = key(file.name, file.read_bytes(), sys.version, str(Path(sys.executable).resolve()))
    folder = cache / "environments" / name
    with locked(folder):
        if not is_complete(folder):
            shutil.rmtree(folder, ignore_errors=True)
            _install(file, folder)
            complete(folder)
    return PythonEnvironment(variables=_variables(project, folder / "bin"), key=name, locked=True)


def _lock_file(project: Path, lock: str | None) -> Path | None:
    if lock is not None:
        if not (project / lock).is_file():
            raise EnvironmentFailedError(f"--lock: {lock} is not in {project}; give a file of the project")
        return project / lock
    return next((project / name for name in LOCK_FILES if (project / name).is_file()), None)


def _install(lock: Path, folder: Path) -> None:
    _run(lock, [sys.executable, "-m", "venv", str(folder)])
    if lock.name == "uv.lock":
        uv = shutil.which("uv", path=program_path())
        if uv is None:
            raise EnvironmentFailedError(f"{lock}: uv is missing, which reads it; pip install uv")
        _run(
            lock,
            [uv, "sync", "--quiet", "--frozen", "--no-install-project", "--compile-bytecode"],
            UV_PROJECT_ENVIRONMENT=str(folder),
        )
        return
    packages = folder / "requirements.txt"
    packages.write_text(_without_local(lock.read_text(encoding="utf-8")), encoding="utf-8")
    python = str(folder / "bin/python")
    _run(
        lock,
        [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", str(packages)],
    )


def _without_local(requirements: str) -> str:
    """Return the requirements without the project itself, whose code comes from the revision's folder."""
    return "".join(line for line in requirements.splitlines(keepends=True) if not _LOCAL.match(line))


def _run(lock: Path, command: Sequence[str], **variables: str) -> None:
    environment = {
        k: v
        for k, v in os.environ.items()
        if k not in {"VIRTUAL_ENV", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE"}
    }
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        cwd=lock.parent,
        env={**environment, **variables},
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines() or done.stdout.strip().splitlines() or ["it gives no reason"]
        raise EnvironmentFailedError(f"{lock}: its packages cannot be installed: {lines[-1].strip()}")


def _variables(project: Path, programs: Path) -> dict[str, str]:
    """Return the variables of a process that runs the code in `project` with the Python in `programs`."""
    kept = {name: value for name, value in os.environ.items() if name not in _OF_THIS_PYTHON}
    roots = [str(project / root) for root in source_roots(project)]
    return {
        **kept,
        "PATH": os.pathsep.join([str(programs), program_path()]),
        "PYTHONPATH": os.pathsep.join(roots),
    }


def source_roots(project: Path) -> list[str]:
    """Return the folders of a project that Python imports from, as an editable installation adds them."""
    roots = [".", *(["src"] if (project / "src").is_dir() else [])]
    file = project / "pyproject.toml"
    if not file.is_file():
        return roots
    try:
        tool: Any = tomllib.loads(file.read_text(encoding="utf-8")).get("tool", {})
    except ValueError:
        return roots  # the project's own tools say what is wrong with it
    match tool:
        case {"hatch": {"build": {"dev-mode-dirs": [*names]}}}:
            roots += map(str, names)
        case {"setuptools": {"packages": {"find": {"where": [*names]}}}}:
            roots += map(str, names)
        case _:
            pass
    return list(dict.fromkeys(roots))
