"""One task: its containers in the order of their dependencies, from start to stop."""

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
        local: The local command of each container, by the container's name.
        logs: The folder for what its processes write.
        clock: What time it is, in seconds.
        listed_at: When Cloud Map listed it as healthy, by the wall clock; None before.
        state: Where it is on its way.

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
        self._start_what_may()

    @property
    def target(self) -> str:
        """Its `address:port`."""
        return f"{self.address}:{self.definition.container.port}"

    @property
    def process(self) -> Process:
        """The process of the container that serves.

        Raises:
            RuntimeError: It waits for another container.

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

    def ended_container(self) -> RunningContainer | None:
        """Return an essential container that has ended, if one has."""
        return next((c for c in self._essential() if c.process and c.ended), None)

    def stop(self) -> None:
        """Begin to stop: what depends on another goes first, as ECS has it."""
        if self.state is State.RUNNING:
            self.state = State.STOPPING
            self._stop_what_may()

    def update(self) -> None:
        """Look at each container, and start, restart or stop those whose turn it is."""
        for container in self._containers.values():
            container.update()
        if self.state is State.STOPPED:
            return
        if self.state is State.RUNNING:
            ended = self.ended_container()
            if ended and not ended.restart():
                self.state = State.STOPPING
            else:
                self._start_what_may()
        if self.state is State.STOPPING:
            self._stop_what_may()
            if all(container.ended for container in self._containers.values()):
                self.state = State.STOPPED

    def _start_what_may(self) -> None:
        for container in self._containers.values():
            if container.process is None and all(
                self._met(name, condition) for name, condition in container.container.depends_on.items()
            ):
                container.start()

    def _met(self, name: str, condition: str) -> bool:
        other = self._containers[name]
        if condition == "HEALTHY":
            return other.healthy
        if condition == "START":
            return other.process is not None
        raise ValueError(
            f"{self.name}: a container depends on {name} by {condition}, which no rehearsal plays"
        )

    def _stop_what_may(self) -> None:
        for name, container in self._containers.items():
            waited_for = (other for other in self._containers.values() if name in other.container.depends_on)
            if all(other.ended for other in waited_for):
                container.stop()

    def end_probes(self) -> None:
        """End all health checks that are under way."""
        for container in self._containers.values():
            container.end_probe()
