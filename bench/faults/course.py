"""How a fault is raised: clients call, the fault begins and ends, they call on, and it is noted."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bench.faults.checker import NOTHING, Allowed
from bench.faults.history import Raised
from bench.faults.world import Load, World

OPEN_SECONDS = 3.0
"""The calls of one fault have ended after this time, unless they hang; only then the next fault may begin."""

Victims = Iterable[str]


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One row of the matrix.

    Attributes:
        name: What happens, for the page.
        raise_it: Raises the fault and returns once its cause is gone; returns the addresses of its victims.
        allowed: What it may do to calls.
        after: For how many seconds the clients call on after it.

    """

    name: str
    raise_it: Callable[[World], Victims]
    allowed: Allowed = NOTHING
    after: float = 4.0


def run_fault(world: World, fault: Fault, load: Load) -> Raised:
    """Raise `fault` while `load` calls."""
    load.dial_young()
    world.pause(1.0)  # the young clients have looked the name up, and their calls are under way
    begin = time.monotonic()
    victims = frozenset(fault.raise_it(world))
    end = time.monotonic()
    world.pause(fault.after)
    until = time.monotonic()
    world.pause(OPEN_SECONDS)
    return Raised(
        name=fault.name,
        load=load.plan.load,
        begin=begin,
        end=end,
        until=until,
        victims=victims,
    )
