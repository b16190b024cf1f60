"""What every step of a rehearsal needs: the system, and the ways to show progress and to wait."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from ecs_envoy.configuration import Configuration
from rehearsal import configured
from rehearsal.agent.task import Task
from rehearsal.load.calls import Call
from rehearsal.processes import PATIENCE_SECONDS, Process, StartFailedError
from rehearsal.system import System

SETTLE_SECONDS = 2.0
"""
The calls in the first seconds of a state do not count. In this time clients connect, and the CPU gets its
second sample.
"""


class Progress(Protocol):
    """Shows the user the progress of a rehearsal."""

    def say(self, text: str) -> None:
        """Show a line of text."""
        ...

    def step(self, name: str) -> None:
        """Show that the step `name` begins."""
        ...

    def status(self, text: str) -> None:
        """Show what the step does now; called about once a second."""
        ...


@dataclass(frozen=True, kw_only=True)
class Window:
    """A period of time, in seconds of the wall clock."""

    begin: float
    end: float

    def __contains__(self, call: Call) -> bool:
        return self.begin <= call.at < self.end


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A running rehearsal.

    Attributes:
        system: Everything that runs in it.
        progress: Shows the user its progress.
        stop: Set when it has to end.

    """

    system: System
    progress: Progress
    stop: threading.Event

    @property
    def configuration(self) -> Configuration:
        """The configuration that is rehearsed."""
        return self.system.configuration

    @property
    def services(self) -> list[str]:
        """The services that are called, by their names in the namespace."""
        return list(configured.proto_services(self.configuration))

    def envoys(self) -> list[Task]:
        """Return the tasks of every proxy."""
        proxies = configured.proxies(self.configuration)
        return [task for proxy in proxies for task in self.system.agent.tasks(proxy.name)]

    def check(self) -> None:
        """Check that the rehearsal may continue.

        Raises:
            StartFailedError: The ECS agent has given up, or has rolled a deployment back.
            KeyboardInterrupt: The rehearsal has to end.

        """
        if self.stop.is_set():
            raise KeyboardInterrupt
        if failure := self.system.agent.failure or self.system.agent.rolled_back:
            raise StartFailedError(failure)

    def wait_until(self, done: Callable[[], bool], what: str) -> None:
        """Wait until `done` returns true, and show that this waits for `what`.

        Raises:
            StartFailedError: It was not done after `PATIENCE_SECONDS`, or the ECS agent has given up.
            KeyboardInterrupt: The rehearsal has to end.

        """
        end = time.monotonic() + PATIENCE_SECONDS
        while not done():
            self.stop.wait(0.2)
            self.check()
            if time.monotonic() > end:
                waited = f"gave up after waiting {PATIENCE_SECONDS:.0f} s for {what}"
                raise StartFailedError(f"{waited}; logs are in {self.system.logs}")
            self.progress.status(f"waiting for {what}")

    def wait_for_cdk(self, process: Process, what: str) -> None:
        """Wait until `process` of the CDK CLI has ended with status 0, and show that it does `what`.

        Raises:
            CdkFailedError: It ended with another status.
            KeyboardInterrupt: The rehearsal has to end.

        """
        self.system.cdk.wait(process, lambda: self.progress.status(what))
