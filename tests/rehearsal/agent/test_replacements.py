"""What ECS does to tasks by itself: it rolls back, rebalances zones, and interrupts Spot tasks."""

import sys

from rehearsal.agent.task import State
from tests.emulator import Emulator
from tests.rehearsal.agent.one_service import World
from tests.waiting import until


def test_a_task_definition_that_never_gets_healthy_is_rolled_back(world: World) -> None:
    first = world.define(1)
    world.create(first, 2, rolls_back=True)
    until(lambda: len(world.tasks()) == 2 and world.agent.steady())
    old = {task.name for task in world.tasks()}
    broken = world.define(2, check=["CMD", "false"])
    world.ecs.update_service(cluster="shared", service="lessons", taskDefinition=broken)
    until(lambda: world.agent.rolled_back)
    assert "lessons: 3 tasks of one task definition failed, so ECS rolls back" in (
        world.agent.rolled_back or ""
    )
    until(lambda: world.agent.steady() and len(world.agent.tasks("lessons")) == 2)
    assert {task.name for task in world.tasks()} == old  # they served all the time
    service = world.agent.service("lessons")
    assert service is not None
    assert service.task_definition == first


def test_a_rebalanced_task_stops_only_when_another_one_is_healthy(world: World) -> None:
    world.create(world.define(3, check=["CMD-SHELL", "sleep 1"]), 2)
    until(lambda: len(world.tasks()) == 2 and world.agent.steady())
    leaving, staying = world.tasks()
    world.agent.replace(leaving)
    until(lambda: leaving.state is not State.RUNNING)
    new = [task for task in world.tasks() if task is not staying]
    assert [task.healthy for task in new] == [True]
    until(lambda: world.agent.steady() and len(world.agent.tasks("lessons")) == 2)


def test_an_interrupted_task_stops_before_another_one_starts(world: World) -> None:
    world.create(world.define(4), 1)
    until(lambda: len(world.tasks()) == 1 and world.agent.steady())
    (task,) = world.tasks()
    world.agent.interrupt(task)
    until(lambda: task.state is not State.RUNNING)
    assert all(other.age > task.age for other in world.agent.tasks("lessons") if other is not task)
    until(lambda: task.state is State.STOPPED)
    assert task.process.status() == 0  # it had its SIGTERM
    until(lambda: world.agent.steady() and len(world.tasks()) == 1)


def test_a_task_ends_within_its_time_whatever_its_stop_timeouts(emulator: Emulator) -> None:
    ignore = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True)"
    world = World(emulator, [sys.executable, "-c", f"{ignore}; signal.pause()"])
    with world.agent:
        world.create(world.define(5), 1)
        until(lambda: world.tasks() and "up" in world.tasks()[0].process.out.read_text())
        (task,) = world.tasks()
        task.stop(within=0.0)
        until(lambda: task.state is State.STOPPED)
        emulator.aws.ecs().delete_service(cluster="shared", service="lessons", force=True)
        until(lambda: not world.agent.tasks())
