"""One container of a task: its process and its health check, from start to stop."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from rehearsal.agent.ecs_api import Container, HealthCheck
from rehearsal.agent.images import LocalContainer
from rehearsal.processes import Process

FIRST_CHECKS_SECONDS = 1.0
"""
Time between container health checks until the first one passes. ECS waits a whole interval each time, but a
rehearsal has less time.
"""


@dataclass(kw_only=True)
class RunningContainer:
    """A container of a task on this machine.

    Attributes:
        name: Its name in logs.
        container: Its part of the task definition.
        local: The local command that runs in its place.
        logs: The folder for the output of its processes.
        clock: Returns the time in seconds.
        process: Its process; None before it starts.
        healthy: Whether it runs and its health check, if it has one, has passed.
        is_down: Whether it ended and will not start again.

    """

    name: str
    container: Container
    local: LocalContainer
    logs: Path
    clock: Callable[[], float] = time.monotonic
    process: Process | None = field(init=False, default=None)
    healthy: bool = field(init=False, default=False)
    is_down: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        self._check = self.container.health_check if self.local.health_command else None
        self._started = self._next_check = self._kill_at = self._first_started = 0.0
        self._failures = 0
        self._stopping = False
        self._probe: Process | None = None
        self._probe_started = 0.0

    @property
    def ended(self) -> bool:
        """Whether its process has ended, or will not start because the task is stopping."""
        return self._stopping if self.process is None else self.process.status() is not None

    @property
    def failing(self) -> bool:
        """Whether its health check failed as often in a row as the task definition allows."""
        return self._check is not None and self._failures >= self._check.retries

    def start(self) -> None:
        """Start its process."""
        self.process = Process(
            self.name,
            self.local.command,
            self.logs,
            environment=self.local.environment,
            folder=self.local.folder,
        )
        self._started = self._next_check = self.clock()
        self._first_started = self._first_started or self._started
        self._failures = 0
        self.healthy = self._check is None

    def restart(self) -> bool:
        """Start it again if its restart policy allows it, or take it for down; return whether it was started.

        A container that has not run for the restart attempt period is never restarted (API reference:
        ContainerRestartPolicy).
        """
        period = self.container.restart_period
        if self.is_down or period is None or self.clock() < self._started + period:
            self.is_down = True
            return False
        self.start()
        return True

    def keeps_waiting(self, condition: str) -> bool:
        """Return whether a container that depends on this one may still hope for `condition`.

        It may not if this one ended for good, or its start timeout is over (API reference:
        ContainerDefinition, startTimeout).
        """
        if condition != "HEALTHY" or self.healthy or self.process is None:
            return True
        return not self.is_down and self.clock() < self._first_started + self.container.start_timeout

    def stop(self) -> None:
        """Send SIGTERM, but only once; `update` sends SIGKILL when the stop timeout is over."""
        if not self._stopping:
            self._stopping = True
            self._kill_at = self.clock() + self.container.stop_timeout
            self.end_probe()
            if self.process:
                self.process.terminate()

    def update(self) -> None:
        """Check the process, and run its health check if one is due."""
        if self.process is None:
            return
        if self.ended:
            self.healthy = False
            self.end_probe()
        elif self._stopping:
            if self.clock() >= self._kill_at:
                self.process.kill()
        elif self._check:
            self._update_health(self._check)

    def _update_health(self, check: HealthCheck) -> None:
        now = self.clock()
        if self._probe is None:
            if now >= self._next_check:
                self._probe = Process(f"{self.name}-health", self.local.health_command, self.logs)
                self._probe_started = now
            return
        status = self._probe.status()
        if status is None and now < self._probe_started + check.timeout:
            return
        self.end_probe()
        if status == 0:
            self.healthy, self._failures = True, 0
        elif self.healthy or now > self._started + check.start_period:
            self._failures += 1
            self.healthy = self.healthy and self._failures < check.retries
        self._next_check = now + (check.interval if self.healthy else FIRST_CHECKS_SECONDS)

    def end_probe(self) -> None:
        """Kill the process of a running health check."""
        if self._probe:
            self._probe.kill()
            self._probe.wait(5)
            self._probe = None
