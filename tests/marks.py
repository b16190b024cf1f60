"""Which tests are slow is seen from where they are and what they use, so that no new one is forgotten.

`make check` leaves out those with a mark; pyproject.toml says what each mark means. A test without one
that starts the CDK, a server or a Python fails, and says what to do.
"""

import os
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import cast

import pytest

BY_FOLDER = {
    "tests/rehearsal/whole": "rehearsal",
    "tests/rehearsal/policies": "process",
    "tests/stacks": "synth",
    "tests/ecs_envoy/constructs": "synth",
    "tests/ecs_envoy/review/golden": "synth",
    "tests/envoy_config/live_envoy": "process",
    "tests/ecs_envoy/configuration/keys": "thorough",
}
BY_FIXTURE = {
    "rehearse": "rehearsal",
    "wheel": "wheel",
    "assemblies": "synth",
    "run_cdk": "synth",
    "emulator": "process",
}
SLOWEST_FIRST = ("rehearsal", "wheel", "synth", "process", "thorough")

QUICK_COMMANDS = ("envoy --mode validate", "envoy --version", "promtool ", "cat ", "run")
"""How a command may begin that a test without a mark starts: each takes a quarter of a second at most."""

_ROOT = Path(__file__).resolve().parent.parent
_running: list[pytest.Item] = []


def _of_folder(path: Path) -> str | None:
    return next((mark for folder, mark in BY_FOLDER.items() if path.is_relative_to(_ROOT / folder)), None)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave a folder unread, imports of the CDK included, where `-m` wants none of its tests."""
    mark = _of_folder(collection_path)
    return True if mark and f"not {mark}" in str(config.getoption("markexpr")) else None


@pytest.hookimpl(tryfirst=True)  # pytest deselects by marks later
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test, and put the slowest first: no worker is left alone with one at the end."""
    for item in items:
        used: tuple[str, ...] = getattr(item, "fixturenames", ())
        for mark in {_of_folder(item.path), *(BY_FIXTURE.get(name) for name in used)} - {None}:
            item.add_marker(str(mark))
    items.sort(key=_rank)


def _rank(item: pytest.Item) -> int:
    ranks = (rank for rank, mark in enumerate(SLOWEST_FIRST) if item.get_closest_marker(mark))
    return min(ranks, default=len(SLOWEST_FIRST))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Note which test runs."""
    _running[:] = [item]
    return (yield)


def check_process(event: str, arguments: tuple[object, ...]) -> None:
    """Refuse to start a slow program in a test without a mark; an audit hook (PEP 578)."""
    if event != "subprocess.Popen" or not _running or _rank(_running[0]) < len(SLOWEST_FIRST):
        return
    program, *rest = map(os.fsdecode, cast("Sequence[str | bytes | os.PathLike[str]]", arguments[1]))
    if not " ".join([Path(program).name, *rest]).startswith(QUICK_COMMANDS):
        raise RuntimeError(
            f"{_running[0].nodeid} starts {program}; mark it as {' or '.join(SLOWEST_FIRST)}, "
            "or use a fixture or a folder that does (tests/marks.py)"
        )
