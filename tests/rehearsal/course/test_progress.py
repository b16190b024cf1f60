import io

import pytest
from rich.console import Console

from rehearsal.course import progress
from rehearsal.course.progress import PLAIN_SECONDS, STEPS, ConsoleProgress


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    return clock


def told(seconds: int, clock: Clock) -> list[str]:
    """Return the lines of a step that takes `seconds` and is told of each second, on no terminal."""
    out = io.StringIO()
    with ConsoleProgress(Console(file=out)) as progress:
        progress.step("deploy")
        for second in range(seconds):
            progress.status(f"second {second}")
            clock.now += 1
    return out.getvalue().splitlines()


def test_a_step_is_told_with_its_number_and_the_time(clock: Clock) -> None:
    assert told(0, clock) == [f"1/{len(STEPS)}   0 s  {STEPS['deploy']}"]


def test_where_there_is_no_terminal_no_stretch_is_without_a_line(clock: Clock) -> None:
    lines = told(60, clock)[1:]
    assert len(lines) == 60 / PLAIN_SECONDS - 1
    assert [line.strip() for line in lines[:3]] == ["second 3", "second 6", "second 9"]
