"""One task: it starts and stops its containers in the order of their dependencies."""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from rehearsal.agent.container import RunningContainer
from rehearsal.agent.ecs_api import TaskDefinition
from rehearsal.agent.images import LocalContainer
from rehearsal.processes import Process


class State(Enum):
    """The state of a task."""

    RUNNING = "running"
    STOPPING = "stopping"
    STOPPED = "stopped"


@dataclass(kw_only=True)
class Task:
    """A task with a loopback address of its own.

    Attributes:
        name: Its name in logs and reports, such as `lessons-3`.
        service: The ECS service's ARN.
        definition: The task definition that it runs.
        address: Its loopback address.
        zone: Its availability zone.
        age: The number of its start; a task with a higher number started later.
        local: The local command of each container, by the container's name.
        logs: The folder for the output of its processes.
        clock: Returns the time in seconds.
        listed_at: When Cloud Map first listed it as healthy, in seconds of the wall clock; None before.
        state: Its state.
        leaves: Whether ECS replaces it although it is current, as when it rebalances zones.

    """

    name: str
    service: str
    definition: TaskDefinition
    address: str
    zone: str
    age: int
    local: Mapping[str, LocalContainer]
    logs: Path
    clock: Callable[[], float] = time.monotonic
    listed_at: float | None = None
    state: State = field(init=False, default=State.RUNNING)
    leaves: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        main = self.definition.container
        self._containers = {
            container.name: RunningContainer(
                name=self.name if container is main else f"{self.name}-{container.name}",
                container=container,
                local=self.local[container.name],
                logs=self.logs,
                clock=self.clock,
            )
            for container in self.definition.containers
        }
        self._healthy_since: float | None = None
        self._kill_at = math.inf
        self._start_containers()

    @property
    def target(self) -> str:
        """Its `address:port`."""
        return f"{self.address}:{self.definition.container.port}"

    @property
    def process(self) -> Process:
        """The process of the container that serves.

        Raises:
            RuntimeError: The container still waits for another one.

        """
        process = self._containers[self.definition.container.name].process
        if process is None:
            raise RuntimeError(f"{self.name} waits for a container that it depends on")
        return process

    def processes(self) -> dict[str, Process]:
        """Return the process of each container that has started, by the container's name."""
        return {name: c.process for name, c in self._containers.items() if c.process}

    def _essential(self) -> list[RunningContainer]:
        return [container for container in self._containers.values() if container.container.essential]

    @property
    def healthy(self) -> bool:
        """Whether every essential container runs and passes its health check, if it has one."""
        return all(container.healthy for container in self._essential())

    @property
    def failing(self) -> bool:
        """Whether an essential container's health check failed as often as its task definition allows."""
        return any(container.failing for container in self._essential())

    def is_current(self, task_definition: str) -> bool:
        """Return whether it may stay in a service that has `task_definition` now."""
        return self.definition.arn == task_definition and not self.leaves

    @property
    def healthy_seconds(self) -> float:
        """For how long it has been healthy, or was until it failed."""
        return 0.0 if self._healthy_since is None else self.clock() - self._healthy_since

    def ended_container(self) -> RunningContainer | None:
        """Return an essential container that has ended, if one has."""
        return next((c for c in self._essential() if c.process and c.ended), None)

    def vain_dependency(self) -> RunningContainer | None:
        """Return a container that another one waits for in vain, if there is one."""
        return next(
            (
                self._containers[name]
                for container in self._containers.values()
                if container.process is None
                for name, condition in container.container.depends_on.items()
                if not self._containers[name].keeps_waiting(condition)
            ),
            None,
        )

    def stop(self, within: float = math.inf) -> None:
        """Begin to stop. As in ECS, a container that depends on another one stops before it.

        Args:
            within: After so many seconds every container is killed, whatever its stop timeout.

        """
        if self.state is State.RUNNING:
            self.state = State.STOPPING
            self._kill_at = self.clock() + within
            self._stop_containers()

    def update(self) -> None:
        """Update each container, then start, restart or stop those that are due."""
        for container in self._containers.values():
            container.update()
        if self.state is State.STOPPED:
            return
        if self.healthy and self._healthy_since is None:
            self._healthy_since = self.clock()
        if self.state is State.RUNNING:
            for container in self._containers.values():
                if container.process and container.ended and not container.is_down:
                    container.restart()
            # An essential container that is down takes its task along, and no other does.
            if self.vain_dependency() or any(container.is_down for container in self._essential()):
                self.state = State.STOPPING
            else:
                self._start_containers()
        if self.state is State.STOPPING:
            self._stop_containers()
            if self.clock() >= self._kill_at:
                for process in self.processes().values():
                    process.kill()
            if all(container.ended for container in self._containers.values()):
                self.state = State.STOPPED

    def _start_containers(self) -> None:
        """Start the containers whose dependencies are met."""
        for container in self._containers.values():
            if container.process is None and all(
                self._is_met(name, condition) for name, condition in container.container.depends_on.items()
            ):
                container.start()

    def _is_met(self, name: str, condition: str) -> bool:
        other = self._containers[name]
        if condition == "HEALTHY":
            return other.healthy
        if condition == "START":
            return other.process is not None
        raise ValueError(
            f"{self.name}: a container depends on {name} with the condition {condition}, "
            "which the rehearsal does not support; use START or HEALTHY"
        )

    def _stop_containers(self) -> None:
        """Stop the containers that no running container depends on."""
        for name, container in self._containers.items():
            dependents = (other for other in self._containers.values() if name in other.container.depends_on)
            if all(other.ended for other in dependents):
                container.stop()

    def end_probes(self) -> None:
        """Kill the processes of all running health checks."""
        for container in self._containers.values():
            container.end_probe()
