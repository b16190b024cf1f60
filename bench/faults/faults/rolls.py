"""Faults that ECS brings about itself: rolls, scale-in, rebalancing, Spot, deployments that fail."""

import time
from collections.abc import Iterable

from bench.faults.calls import proto_service
from bench.faults.checker import NOTHING, Allowed
from bench.faults.course import Fault
from bench.faults.task_server import BROKEN, VERSION, deafen
from bench.faults.world import World

NEW = Allowed(why="0: a new task serves before an old one leaves, and an old one ends the calls that it has")
DEAF = Allowed(why="0: no connection was opened, so no call has begun, and Envoy tries another task")


def rolled(service: str, name: str = "roll of a service") -> Fault:
    """Deploy a new task definition of `service`."""

    def raise_it(world: World) -> Iterable[str]:
        old = {task.address for task in world.tasks(service)}
        world.redefine(service, environment={VERSION: str(time.monotonic_ns())})
        world.until(lambda: not old & {task.address for task in world.agent.tasks(service)})
        return old

    return Fault(name=name, raise_it=raise_it, allowed=NEW)


def scaled_in(service: str, by: int) -> Fault:
    """Take `by` tasks from `service`, and give them back afterwards."""

    def raise_it(world: World) -> Iterable[str]:
        before = world.tasks(service)
        world.set_count(service, len(before) - by)
        world.until(lambda: len(world.agent.tasks(service)) == len(before) - by)
        return [task.address for task in before if task not in world.tasks(service)]

    return Fault(name="scale-in", raise_it=raise_it, allowed=NEW)


def rebalanced(service: str, name: str = "rebalance of a service's zones") -> Fault:
    """Let ECS replace two tasks of `service` to rebalance zones: a new one first, then the old one ends."""

    def raise_it(world: World) -> Iterable[str]:
        old = world.tasks(service)[:2]
        for task in old:
            world.agent.replace(task)
        world.until(lambda: all(task not in world.agent.tasks() for task in old))
        return [task.address for task in old]

    return Fault(name=name, raise_it=raise_it, allowed=NEW)


def interrupted(service: str) -> Fault:
    """Interrupt a task of `service` as Fargate Spot does: SIGTERM, 120 s in all, no new task before."""

    def raise_it(world: World) -> Iterable[str]:
        task = world.tasks(service)[0]
        world.agent.interrupt(task)
        world.until(lambda: task not in world.agent.tasks() and world.agent.steady(service))
        return [task.address]

    return Fault(name="Spot interruption of a task", raise_it=raise_it, allowed=NEW)


def never_healthy(service: str) -> Fault:
    """Deploy a task definition whose tasks never get healthy, until ECS rolls it back."""

    def raise_it(world: World) -> Iterable[str]:
        before = world.service(service).task_definition
        broken = world.redefine(service, environment={BROKEN: "yes"})

        world.until(lambda: any(task.definition.arn == broken for task in world.tasks(service)))
        world.until(lambda: world.service(service).task_definition == before)
        world.until(lambda: world.agent.steady(service))
        return []

    return Fault(name="a task definition that never gets healthy", raise_it=raise_it, allowed=NOTHING)


def never_listening(service: str) -> Fault:
    """Add two tasks to `service` that register and never listen."""

    def raise_it(world: World) -> Iterable[str]:
        count = len(world.tasks(service))
        deafen(world.history, proto_service(service), 2)
        world.set_count(service, count + 2)
        world.until(lambda: len(world.tasks(service)) == count + 2 and world.agent.steady(service))
        deaf = world.tasks(service)[-2:]
        world.pause(10.0)
        world.set_count(service, count)
        world.until(lambda: len(world.agent.tasks(service)) == count)
        return [task.address for task in deaf]

    return Fault(name="tasks that register and never listen", raise_it=raise_it, allowed=DEAF)
