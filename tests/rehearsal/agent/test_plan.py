import pytest

from rehearsal.agent.plan import Desired, Plan, Running, next_zone, plan


def tasks(*, old: str = "", new: str = "") -> list[Running]:
    """Tasks in the order of their starts: 'h' a healthy one, 'u' one that is not; zones a and b in turn."""
    marks = [(False, mark) for mark in old] + [(True, mark) for mark in new]
    return [
        Running(
            name=f"{'new' if current else 'old'}{age}",
            current=current,
            healthy=mark == "h",
            zone="ab"[age % 2],
            age=age,
        )
        for age, (current, mark) in enumerate(marks)
    ]


FOUR = Desired(tasks=4)


@pytest.mark.parametrize(
    ("desired", "running", "expected"),
    [
        pytest.param(FOUR, tasks(), Plan(4, ()), id="first deployment"),
        pytest.param(FOUR, tasks(new="hhhh"), Plan(0, ()), id="steady"),
        pytest.param(FOUR, tasks(new="hhh"), Plan(1, ()), id="one died"),
        pytest.param(FOUR, tasks(old="hhhh"), Plan(4, ()), id="roll: new ones start first"),
        pytest.param(
            FOUR, tasks(old="hhhh", new="uuuu"), Plan(0, ()), id="roll: old ones stay until new are healthy"
        ),
        pytest.param(
            FOUR, tasks(old="hhhh", new="huuu"), Plan(0, ("old0",)), id="roll: one healthy, one old stops"
        ),
        pytest.param(
            FOUR,
            tasks(old="hhhh", new="hhhh"),
            Plan(0, ("old0", "old1", "old2", "old3")),
            id="roll: all are healthy",
        ),
        pytest.param(
            FOUR,
            tasks(old="uhhh", new="uuuu"),
            Plan(0, ("old0",)),
            id="roll: an unhealthy old one goes first",
        ),
        pytest.param(
            Desired(tasks=4, minimum_percent=50, maximum_percent=100),
            tasks(old="hhhh"),
            Plan(0, ("old0", "old1")),
            id="roll without room: old ones make it",
        ),
        pytest.param(
            Desired(tasks=4, minimum_percent=50, maximum_percent=100),
            tasks(old="hh"),
            Plan(2, ()),
            id="the room is used",
        ),
        pytest.param(
            Desired(tasks=4, maximum_percent=150),
            tasks(old="hhhh"),
            Plan(2, ()),
            id="no more than the maximum",
        ),
        pytest.param(FOUR, tasks(old="hhhhhh"), Plan(2, ("old0", "old1")), id="roll with a lower count"),
        pytest.param(Desired(tasks=0), tasks(new="hh"), Plan(0, ("new1", "new0")), id="scale to zero"),
    ],
)
def test_next_step_is_that_of_ecs(desired: Desired, running: list[Running], expected: Plan) -> None:
    assert plan(desired, running) == expected


def test_scale_in_takes_the_newest_of_the_fullest_zone() -> None:
    running = tasks(new="hhhhh")  # zone a has three
    assert plan(FOUR, running).stop == ("new4",)


def test_scale_in_takes_an_unhealthy_task_first() -> None:
    assert plan(FOUR, tasks(new="huhhh")).stop == ("new1",)


def test_tasks_are_spread_over_zones() -> None:
    assert next_zone(("a", "b"), tasks(new="h")) == "b"


def test_a_roll_keeps_the_minimum_healthy_at_every_step() -> None:
    running, age = tasks(old="hhhh"), 100
    for _ in range(20):
        step = plan(FOUR, running)
        running = [task for task in running if task.name not in step.stop]
        for _ in range(step.start):
            age += 1
            running.append(Running(name=f"new{age}", current=True, healthy=False, zone="a", age=age))
        assert sum(task.healthy for task in running) >= 4
        assert len(running) <= 8
        # One more new task becomes healthy.
        waiting = next((task for task in running if not task.healthy), None)
        if waiting:
            running.remove(waiting)
            running.append(
                Running(name=waiting.name, current=True, healthy=True, zone=waiting.zone, age=waiting.age)
            )
    assert [task.current for task in running] == [True] * 4
