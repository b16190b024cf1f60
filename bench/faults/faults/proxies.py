"""Faults of the proxy's tasks and of their sidecars."""

import re
import signal
import time
from collections.abc import Iterable

from bench.faults.checker import Allowed
from bench.faults.clock import clock_environment, set_clock
from bench.faults.course import Fault
from bench.faults.services import PROXY
from bench.faults.task_server import VERSION
from bench.faults.world import World

STOP = Allowed(why="0: a proxy that stops serves on until every client knows another one")
KILLED = Allowed(
    why="its open calls, which nobody can end for it; each client's next call within 2 s",
    open_calls=True,
    next_call=2.0,
)
ROTATED = Allowed(why="0: Envoy says goodbye before it closes a connection")
CLOCKS = Allowed(why="0: no time that matters is read from the wall clock")
ROTATION, CLOCK = "3s", "clock"
AT_ONCE = "roll of both proxies at once"
APART_SECONDS = 20.0
"""One proxy after the other: the second is told to stop so long after the first."""


def one_by_one(apart: float = APART_SECONDS) -> Fault:
    """Let ECS replace the proxies one after the other, as when it rebalances zones."""

    def raise_it(world: World) -> Iterable[str]:
        old = world.proxies()
        for task in old:
            world.agent.replace(task)
            world.until(lambda task=task: task not in world.proxies())
            world.pause(apart)
        world.until(lambda: all(task not in world.agent.tasks() for task in old))
        return [task.address for task in old]

    return Fault(name="roll of the proxies, one after the other", raise_it=raise_it, allowed=STOP)


def at_once() -> Fault:
    """Deploy a new task definition of the proxy by 200 %: ECS starts two new tasks, then stops both old ones.

    The new one rotates connections after 3 s, and the clock of its sidecar can be set. Both are for the
    faults that follow.
    """

    def raise_it(world: World) -> Iterable[str]:
        old = {task.address for task in world.proxies()}
        world.redefine(
            PROXY,
            _rotating,
            environment={VERSION: str(time.monotonic_ns())},
            sidecar_environment=clock_environment(world.history / CLOCK),
            maximum_percent=200,
        )
        world.until(lambda: not old & {task.address for task in world.agent.tasks(PROXY)})
        return old

    return Fault(name=AT_ONCE, raise_it=raise_it, allowed=STOP)


def interrupted() -> Fault:
    """Interrupt one proxy as Fargate Spot does: SIGTERM, 120 s in all, no new task before."""

    def raise_it(world: World) -> Iterable[str]:
        task = world.proxies()[0]
        world.agent.interrupt(task)
        world.until(lambda: task not in world.agent.tasks() and world.agent.steady(PROXY))
        return [task.address]

    return Fault(name="Spot interruption of a proxy", raise_it=raise_it, allowed=STOP)


def killed() -> Fault:
    """Kill one proxy by SIGKILL."""

    def raise_it(world: World) -> Iterable[str]:
        task = world.proxies()[0]
        task.process.kill()
        world.until(lambda: task not in world.agent.tasks() and world.agent.steady(PROXY))
        return [task.address]

    return Fault(name="SIGKILL of one proxy", raise_it=raise_it, allowed=KILLED, after=8.0)


def _rotating(part: str) -> str:
    """Return a part of a command with another `max_connection_duration` if it is Envoy's bootstrap."""
    return re.sub(r'"max_connection_duration":"\d+s"', f'"max_connection_duration":"{ROTATION}"', part)


def rotation(seconds: float) -> Fault:
    """Let the proxies close each connection after 3 s, which the task definition of `at_once` does."""

    def raise_it(world: World) -> Iterable[str]:
        world.pause(seconds)
        return []

    return Fault(
        name=f"rotation: connections of {ROTATION}", raise_it=raise_it, allowed=ROTATED, needs=AT_ONCE
    )


def clock_jump(service: str) -> Fault:
    """Set the clock of the sidecars an hour ahead, then an hour back; `service` is rolled both times."""

    def raise_it(world: World) -> Iterable[str]:
        victims: set[str] = set()
        for offset in ("+1h", "-1h"):
            set_clock(world.history / CLOCK, offset)
            old = {task.address for task in world.tasks(service)}
            victims |= old
            world.redefine(service, environment={VERSION: str(time.monotonic_ns())})
            world.until(lambda old=old: not old & {task.address for task in world.agent.tasks(service)})
        set_clock(world.history / CLOCK, "+0")
        return victims

    return Fault(
        name="the sidecars' clock jumps by an hour, ahead and back",
        raise_it=raise_it,
        allowed=CLOCKS,
        needs=AT_ONCE,
    )


SIDECAR = Allowed(why="0: Envoy keeps the endpoints that it has")


def sidecar_killed(seconds: float) -> Fault:
    """Kill the discovery sidecar of each proxy; ECS's restart policy starts it anew after its period."""

    def raise_it(world: World) -> Iterable[str]:
        for task in world.proxies():
            task.processes()["discovery"].kill()
        world.pause(seconds)
        return []

    return Fault(name="sidecar killed", raise_it=raise_it, allowed=SIDECAR)


def sidecar_hung(seconds: float) -> Fault:
    """Stop the discovery sidecar of each proxy by SIGSTOP for some time."""

    def raise_it(world: World) -> Iterable[str]:
        sidecars = [task.processes()["discovery"] for task in world.proxies()]
        for sidecar in sidecars:
            sidecar.signal(signal.SIGSTOP)
        world.pause(seconds)
        for sidecar in sidecars:
            sidecar.signal(signal.SIGCONT)
        return []

    return Fault(name="sidecar hung", raise_it=raise_it, allowed=SIDECAR)
