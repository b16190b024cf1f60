"""Rules for the task of a server: a gRPC service or the public API."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from ecs_envoy.plan.rules import Rule
from ecs_envoy.plan.sidecars import CPU_UNITS, MEMORY_MIB, agent_port_problem
from ecs_envoy.plan.task_definition_size import environment_problems
from ecs_envoy.settings.fargate_sizes import size_problem
from ecs_envoy.settings.task.capacity import capacity_findings
from ecs_envoy.settings.task.health_check import check_problem
from ecs_envoy.settings.task.options import ServerOptions
from ecs_envoy.settings.task.sidecar import sidecar_findings
from ecs_envoy.settings.tasks import bounds_problem
from envoy_config.settings_error import Finding


@dataclass(frozen=True, kw_only=True)
class ServerTask:
    """What the rules check of a server's task.

    Attributes:
        port: The TCP port that it listens on.
        cpu: CPU units of the task.
        memory: Memory of the task in MiB.
        min_tasks: The fewest tasks.
        max_tasks: The most tasks.
        environment: Environment variables.
        secrets: The names of the variables that come from secrets.
        check_interval: The time between two container health checks; None without them.
        check_timeout: The time limit for one container health check; None without them.
        datadog: Whether our agent of Datadog is in the task.
        options: How the task runs, and what is in it beside the server.
        has_check: Whether the server has a container health check.

    """

    port: int
    cpu: int
    memory: int
    min_tasks: int
    max_tasks: int
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    secrets: Collection[str] = ()
    check_interval: timedelta | None = None
    check_timeout: timedelta | None = None
    datadog: bool = False
    options: ServerOptions = field(default_factory=ServerOptions)
    has_check: bool = False


def _size(task: ServerTask) -> Iterator[Finding]:
    if problem := size_problem(task.cpu, task.memory):
        yield ("memory",), problem


def _bounds(task: ServerTask) -> Iterator[Finding]:
    if problem := bounds_problem(task.min_tasks, task.max_tasks):
        yield ("tasks", "max"), problem


def _environment(task: ServerTask) -> Iterator[Finding]:
    yield from environment_problems(task.environment, task.secrets)


def _container_health_check(task: ServerTask) -> Iterator[Finding]:
    interval, timeout = task.check_interval, task.check_timeout
    if interval and timeout and (problem := check_problem(interval, timeout)):
        yield ("container_health_check", "timeout"), problem


def _port(task: ServerTask) -> Iterator[Finding]:
    if task.datadog and (problem := agent_port_problem(task.port)):
        yield ("port",), problem


def _capacity(task: ServerTask) -> Iterator[Finding]:
    for path, problem in capacity_findings(task.options.capacity_providers):
        yield ("capacity_providers", *path), problem


def _files(task: ServerTask) -> Iterator[Finding]:
    limits = task.options.ulimits
    if limits and limits.nofile.hard < limits.nofile.soft:
        hard, soft = limits.nofile.hard, limits.nofile.soft
        yield ("ulimits", "nofile", "hard"), f"is {hard}, less than the soft limit; give {soft} or more"


def _roles(task: ServerTask) -> Iterator[Finding]:
    role = task.options.task_role
    if role and task.options.task_policy:
        yield ("task_policy",), "has no effect on a task_role that exists; remove one of the two"


def _sidecars(task: ServerTask) -> Iterator[Finding]:
    yield from sidecar_findings(
        task.options.sidecars,
        task.options.depends_on,
        memory_mib=task.memory - (MEMORY_MIB["datadog-agent"] if task.datadog else 0),
        cpu_units=task.cpu - (CPU_UNITS["datadog-agent"] if task.datadog else 0),
        server_port=task.port,
        server_has_check=task.has_check,
    )
    for name, sidecar in task.options.sidecars.items() if task.datadog else ():
        for index, port in enumerate(sidecar.ports):
            if problem := agent_port_problem(port):
                yield ("sidecars", name, "ports", index), problem


def _volumes(task: ServerTask) -> Iterator[Finding]:
    for name, volume in task.options.volumes.items():
        if volume.access_point and volume.root_directory:
            yield (
                ("volumes", name, "root_directory"),
                "the access point decides the folder; remove one of the two",
            )


SERVER_RULES: tuple[Rule[ServerTask], ...] = (
    _size,
    _bounds,
    _environment,
    _container_health_check,
    _port,
    _capacity,
    _files,
    _roles,
    _sidecars,
    _volumes,
)
