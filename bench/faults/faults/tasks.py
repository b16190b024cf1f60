"""Faults of a service's tasks: killed, frozen, sick."""

import signal
import time
from collections.abc import Iterable

from bench.faults.checker import FOUND_SECONDS, Allowed
from bench.faults.course import Fault
from bench.faults.task_server import Sickness
from bench.faults.world import World
from rehearsal.agent.task import Task

IN_FLIGHT = Allowed(
    why=f"the calls in flight there until it is found, at most {FOUND_SECONDS:.0f} s: "
    "Envoy cannot know whether the task has begun them, and repeats none",
    in_flight=True,
)
SICK_FAILED = 10.0
SICK = Allowed(
    why="10 of 1,200: its first failures show that it is sick, and no call is repeated", failed=SICK_FAILED
)
SLOW = Allowed(why="0: slow is not failed")


def killed(service: str, share: float | None = None) -> Fault:
    """Kill one task of `service` by SIGKILL, or this share of them."""

    def raise_it(world: World) -> Iterable[str]:
        tasks = world.tasks(service)
        victims = tasks[: round(len(tasks) * share)] if share else tasks[:1]
        for task in victims:
            task.process.kill()
        world.until(
            lambda: all(task not in world.agent.tasks() for task in victims) and world.agent.steady(service)
        )
        return [task.address for task in victims]

    name = "half of the tasks killed" if share else "a task killed"
    return Fault(name=name, raise_it=raise_it, allowed=IN_FLIGHT)


def frozen(service: str, seconds: float) -> Fault:
    """Stop one task of `service` by SIGSTOP for some time."""

    def raise_it(world: World) -> Iterable[str]:
        task = world.tasks(service)[-1]
        task.process.signal(signal.SIGSTOP)
        try:
            time.sleep(seconds)
        finally:
            task.process.signal(signal.SIGCONT)
        return [task.address]

    return Fault(name=f"a task frozen {seconds:.0f} s", raise_it=raise_it, allowed=IN_FLIGHT, after=6.0)


def _sick(world: World, task: Task, sickness: Sickness, seconds: float) -> Iterable[str]:
    sickness.write(world.history, task.address)
    time.sleep(seconds)
    Sickness().write(world.history, task.address)
    return [task.address]


def unavailable(service: str, seconds: float) -> Fault:
    """Let one task of `service` answer UNAVAILABLE to 30 % of its calls."""
    return Fault(
        name="a task that answers UNAVAILABLE to 30 %",
        raise_it=lambda world: _sick(world, world.tasks(service)[0], Sickness(unavailable=0.3), seconds),
        allowed=SICK,
    )


def slower(service: str, seconds: float) -> Fault:
    """Let one task of `service` be ten times slower."""
    return Fault(
        name="a task ten times slower",
        raise_it=lambda world: _sick(world, world.tasks(service)[0], Sickness(slower=10.0), seconds),
        allowed=SLOW,
        after=12.0,
    )
