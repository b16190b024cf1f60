"""What makes a test slow is seen from what it uses and where it is, so that no new test is forgotten.

`synth` runs the CDK, `rehearsal` deploys to the emulator and calls what was deployed, `wheel` installs
the wheel. `make check` leaves them out.
"""

from collections.abc import Generator
from pathlib import Path
from typing import cast

import pytest

BY_FOLDER = {
    "tests/stacks": "synth",
    "tests/ecs_envoy/constructs": "synth",
    "tests/rehearsal/whole": "rehearsal",
}
BY_FIXTURE = {"run_cdk": "synth", "assemblies": "synth", "rehearse": "rehearsal", "wheel": "wheel"}
SLOWEST_FIRST = ("rehearsal", "wheel", "synth")

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
    """Refuse to start the CDK, its Node included, in a test without a mark; an audit hook."""
    if event != "subprocess.Popen" or not _running:
        return
    command = [str(part) for part in cast("list[object]", arguments[1])]
    cdk = any("jsii" in part or Path(part).name in {"cdk", "app.py"} for part in command)
    if cdk and _rank(_running[0]) == len(SLOWEST_FIRST):
        raise RuntimeError(
            f"{_running[0].nodeid} uses the CDK and is not marked; "
            f"use the fixture run_cdk, or put it in one of {', '.join(BY_FOLDER)}"
        )
