"""What every step of a rehearsal needs: the system, a way to tell how it goes, and a way to wait."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from ecs_envoy.configuration import Configuration
from rehearsal.course import configured
from rehearsal.load.calls import Call
from rehearsal.processes import Process, StartFailedError
from rehearsal.system import System

SETTLE_SECONDS = 2.0
"""From the first calls of a state to the first that count: connections are made, CPU has a second sample."""


class Progress(Protocol):
    """What a person sees while the rehearsal goes on."""

    def say(self, text: str) -> None:
        """Tell something that happened."""
        ...

    def step(self, name: str) -> None:
        """Tell that a step begins."""
        ...

    def now(self, text: str) -> None:
        """Tell how the step goes; called every second or so."""
        ...


@dataclass(frozen=True, kw_only=True)
class Window:
    """A stretch of the wall clock."""

    begin: float
    end: float

    def __contains__(self, call: Call) -> bool:
        return self.begin <= call.at < self.end


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A rehearsal under way.

    Attributes:
        system: What runs it.
        progress: Where it tells how it goes.
        stop: Set where it is to end.

    """

    system: System
    progress: Progress
    stop: threading.Event

    @property
    def configuration(self) -> Configuration:
        """What is rehearsed."""
        return self.system.configuration

    @property
    def services(self) -> list[str]:
        """The services that are called, by their names in the namespace."""
        return list(configured.proto_services(self.configuration))

    def check(self) -> None:
        """Check that the rehearsal may go on.

        Raises:
            StartFailedError: The ECS agent gave up.
            KeyboardInterrupt: The rehearsal is to end.

        """
        if self.stop.is_set():
            raise KeyboardInterrupt
        if self.system.agent.failure:
            raise StartFailedError(self.system.agent.failure)

    def wait_until(self, done: Callable[[], bool], what: str, *, seconds: float) -> None:
        """Wait until `done`, telling `what` is waited for.

        Raises:
            StartFailedError: It was not done in time, or the ECS agent gave up.
            KeyboardInterrupt: The rehearsal is to end.

        """
        end = time.monotonic() + seconds
        while not done():
            self.stop.wait(0.2)
            self.check()
            if time.monotonic() > end:
                raise StartFailedError(f"waited {seconds:.0f} s for {what}; logs are in {self.system.logs}")
            self.progress.now(f"waiting for {what}")

    def cdk_wait(self, process: Process, what: str) -> None:
        """Wait until `process` of the CDK CLI has ended well, telling `what` it does.

        Raises:
            CdkFailedError: It did not.
            KeyboardInterrupt: The rehearsal is to end.

        """
        self.system.cdk.wait(process, lambda: self.progress.now(what))
