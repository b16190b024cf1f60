"""One task: its process, its container health check, and its way from start to stop."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from rehearsal.agent.ecs_api import HealthCheck, TaskDefinition
from rehearsal.agent.images import LocalContainer
from rehearsal.processes import Process

FIRST_CHECKS_SECONDS = 1.0
"""
Time between container health checks until the first one passes. ECS waits a whole interval even for that one;
a rehearsal has less time.
"""


class State(Enum):
    """Where a task is on its way."""

    RUNNING = "running"
    STOPPING = "stopping"
    STOPPED = "stopped"


@dataclass(kw_only=True)
class Task:
    """A task on a loopback address of its own.

    Attributes:
        name: What logs and reports call it, such as `lessons-3`.
        service: The ECS service's ARN.
        definition: The task definition that it runs.
        address: Its loopback address.
        zone: Its availability zone.
        age: Its place in the order of starts.
        local: The local command of its container.
        logs: The folder for what its processes write.
        clock: What time it is, in seconds.
        listed_at: When Cloud Map listed it as healthy, by the wall clock; None before.
        healthy: Whether its container health check passes; True without one.
        state: Where it is on its way.

    """

    name: str
    service: str
    definition: TaskDefinition
    address: str
    zone: str
    age: int
    local: LocalContainer
    logs: Path
    clock: Callable[[], float] = time.monotonic
    listed_at: float | None = None
    healthy: bool = field(init=False)
    state: State = field(init=False, default=State.RUNNING)

    def __post_init__(self) -> None:
        self.process = Process(
            self.name,
            self.local.command,
            self.logs,
            environment=self.local.environment,
            folder=self.local.folder,
        )
        self._check = self.definition.container.health_check if self.local.health_command else None
        self.healthy = self._check is None
        self._started = self.clock()
        self._next_check = self._started
        self._failures = 0
        self._probe: Process | None = None
        self._probe_started = 0.0
        self._kill_at = 0.0

    @property
    def target(self) -> str:
        """Its `address:port`."""
        return f"{self.address}:{self.definition.container.port}"

    def stop(self) -> None:
        """Send SIGTERM, and SIGKILL once the container's stop timeout is over."""
        if self.state is State.RUNNING:
            self.state = State.STOPPING
            self._kill_at = self.clock() + self.definition.container.stop_timeout
            self.process.terminate()

    def update(self) -> None:
        """Look at the process, and at its health check if one is due."""
        if self.process.status() is not None:
            self.state = State.STOPPED
            self.end_probe()
        elif self.state is State.STOPPING and self.clock() >= self._kill_at:
            self.process.kill()
        elif self.state is State.RUNNING and self._check:
            self._update_health(self._check)

    @property
    def failing(self) -> bool:
        """Whether its health check failed as often in a row as the task definition allows."""
        return bool(self._check) and self._failures >= (self._check.retries if self._check else 0)

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
        """End a health check that is under way."""
        if self._probe:
            self._probe.kill()
            self._probe.wait(5)
            self._probe = None
