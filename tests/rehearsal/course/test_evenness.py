"""How even calls are while tasks come and go."""

import pytest

from rehearsal.course.evenness import CALLS_PER_TASK, busiest_share
from rehearsal.load.calls import Call


def calls(*tasks: str) -> list[Call]:
    return [
        Call(at=float(number), service="lessons", method="A/B", status="OK", milliseconds=1.0, task=task)
        for number, task in enumerate(tasks)
    ]


@pytest.mark.parametrize(
    ("tasks", "share"),
    [
        pytest.param(["a", "b", "c", "d"] * CALLS_PER_TASK, 1.0, id="even"),
        pytest.param(["a"] * 4 * CALLS_PER_TASK, 4.0, id="one task gets all calls"),
        pytest.param(["a", "b", "c", "d", "e", "f", "g", "h"] * 2 * CALLS_PER_TASK, 0.5, id="old and new"),
        pytest.param(
            ["a", "b", "c", "d"] * CALLS_PER_TASK + ["e"] * 80 + ["a", "b", "c", "d"] * CALLS_PER_TASK,
            4.0,
            id="all calls for a moment only",
        ),
        pytest.param(["a", "b"] * CALLS_PER_TASK, None, id="too few calls to tell"),
        pytest.param([""] * 4 * CALLS_PER_TASK, None, id="tasks that do not identify themselves"),
    ],
)
def test_the_busiest_share_is_that_of_the_worst_moment(tasks: list[str], share: float | None) -> None:
    assert busiest_share(calls(*tasks), 4) == share
