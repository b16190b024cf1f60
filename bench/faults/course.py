"""How a fault is raised: clients call, the fault begins and ends, they call on, and it is noted."""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from bench.faults.calls import CLIENTS, MIXED, Client
from bench.faults.checker import NOTHING, Allowed, Row, judge, too_slow
from bench.faults.history import Raised, note_raised, read_calls
from bench.faults.world import Load, World

OPEN_SECONDS = 3.0
"""The calls of one fault have ended after this time, unless they hang; only then the next fault may begin."""

WARM_UP_SECONDS = 4.0
"""Clients connect before anything counts."""

RATE = 20.0
"""Calls a second of one lane."""

Victims = Iterable[str]


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One row of the matrix.

    Attributes:
        name: What happens, for the page.
        raise_it: Raises the fault and returns once its cause is gone; returns the addresses of its victims.
        allowed: What it may do to calls.
        after: For how many seconds the clients call on after it.
        needs: The name of the fault before it without which it raises nothing; empty for none.

    """

    name: str
    raise_it: Callable[[World], Victims]
    allowed: Allowed = NOTHING
    after: float = 4.0
    needs: str = ""


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


@dataclass(frozen=True, kw_only=True)
class Lane:
    """Faults that follow each other at one service.

    Attributes:
        service: The service that its clients call.
        faults: The faults in their order.
        rate: Calls a second.
        compared_seconds: For how many seconds the clients call without a fault before and after each one, to
            compare their p99; 0 for no comparison.
        methods: The methods to call in turn.
        clients: The clients.
        deadline: The deadline of unary calls in seconds.
        stream_deadline: The deadline of streams in seconds.

    """

    service: str
    faults: tuple[Fault, ...]
    rate: float = RATE
    compared_seconds: float = 0.0
    methods: tuple[str, ...] = MIXED
    clients: tuple[Client, ...] = CLIENTS
    deadline: float = 5.0
    stream_deadline: float = 10.0

    def run(self, world: World, name: str) -> None:
        """Raise each fault in turn while clients call, and once more where the p99 alone is over."""
        load = world.load(
            name,
            self.service,
            rate=self.rate,
            methods=self.methods,
            clients=self.clients,
            deadline=self.deadline,
            stream_deadline=self.stream_deadline,
        )
        world.pause(WARM_UP_SECONDS)
        windows = [self._without(world)]
        for fault in self.faults:
            row = self._raise(world, fault, load, windows)
            if row and row.over and row.over == (too_slow(row),):
                self._raise(world, fault, load, windows)
        load.stop()

    def _raise(
        self, world: World, fault: Fault, load: Load, windows: list[tuple[float, float]]
    ) -> Row | None:
        """Raise `fault` and note it; return its row where it is compared."""
        raised = run_fault(world, fault, load)
        windows.append(self._without(world))
        compared = tuple(windows[-2:]) if self.compared_seconds else ()
        raised = replace(raised, compared=compared)
        note_raised(world.history, raised)
        return judge(raised, read_calls(world.history), fault.allowed) if compared else None

    def _without(self, world: World) -> tuple[float, float]:
        """Let the clients call without a fault; return when."""
        begin = time.monotonic()
        world.pause(self.compared_seconds)
        return begin, time.monotonic()


def side_by_side(actions: Sequence[Callable[[], None]]) -> None:
    """Run `actions`, each in a thread; raise what the first of them raised that failed."""
    errors: list[BaseException] = []

    def guarded(action: Callable[[], None]) -> None:
        try:
            action()
        except BaseException as error:  # the main thread raises it
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(action,), daemon=True) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
