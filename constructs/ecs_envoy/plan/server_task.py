"""Rules for the task of a server: a gRPC service or the public API."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from ecs_envoy.plan.limits.quotas import CONTAINERS
from ecs_envoy.plan.rules import Rule
from ecs_envoy.plan.sidecars import CPU_UNITS, MEMORY_MIB, Sidecar, agent_port_problem
from ecs_envoy.plan.task_definition_size import MAX_TEXTS_BYTES, environment_problems, texts_bytes
from ecs_envoy.settings.fargate_sizes import size_problem
from ecs_envoy.settings.task.capacity import capacity_findings
from ecs_envoy.settings.task.health_check import check_timeout_problem
from ecs_envoy.settings.task.options import ServerOptions
from ecs_envoy.settings.task.sidecar import sidecar_findings
from ecs_envoy.settings.tasks import bounds_problem
from envoy_config.settings_error import Finding

MAX_CONTAINERS = CONTAINERS.usable
"""The containers that a task definition may have (aws/containers-roadmap#368, open in 2026-11)."""

AGENT: Sidecar = "datadog-agent"


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


def _texts(task: ServerTask) -> Iterator[Finding]:
    """Yield the largest text, if all of them do not fit a task definition; `_environment` finds its own."""
    options = task.options
    sizes = {
        "environment": texts_bytes(task.environment, ()),
        "command": texts_bytes({}, options.command),
        "entry_point": texts_bytes({}, options.entry_point),
        "sidecars": sum(
            texts_bytes(sidecar.environment, [*sidecar.command, *sidecar.entry_point])
            for sidecar in options.sidecars.values()
        ),
    }
    size = sum(sizes.values())
    if size > MAX_TEXTS_BYTES >= sizes["environment"]:
        problem = f"is the largest of the texts that take {size} bytes together, and {MAX_TEXTS_BYTES} fit"
        yield (max(sizes, key=lambda key: sizes[key]),), f"{problem} a task definition; give less"


def _container_health_check(task: ServerTask) -> Iterator[Finding]:
    interval, timeout = task.check_interval, task.check_timeout
    if interval and timeout and (problem := check_timeout_problem(interval, timeout)):
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
        server_port=task.port,
        server_has_check=task.has_check,
    )


def _sidecars_beside_ours(task: ServerTask) -> Iterator[Finding]:
    """Yield why `sidecars` do not fit beside the server and the containers that we add."""
    sidecars, agent = task.options.sidecars, task.datadog
    most = MAX_CONTAINERS - 2 - agent
    if len(sidecars) > most:
        ours = "the server, pre-stop and Datadog's agent" if agent else "the server and pre-stop"
        problem = (
            f"are {len(sidecars)}, and a task has at most {MAX_CONTAINERS} containers, {ours} among them"
        )
        yield ("sidecars",), f"{problem}; give {most} at most"
    for name, sidecar in sidecars.items() if agent else ():
        for index, port in enumerate(sidecar.ports):
            if problem := agent_port_problem(port):
                yield ("sidecars", name, "ports", index), problem
    if problem := _share_problem(
        sum(sidecar.memory or 0 for sidecar in sidecars.values()),
        MEMORY_MIB[AGENT] if agent else 0,
        task.memory,
        " MiB",
    ):
        yield ("sidecars",), f"{problem}; give less, or more memory"
    if problem := _share_problem(
        sidecar_cpu(task.options), CPU_UNITS[AGENT] if agent else 0, task.cpu, " CPU units"
    ):
        yield ("sidecars",), f"{problem}; give less, or more cpu"


def _share_problem(taken: int, by_agent: int, whole: int, unit: str) -> str | None:
    if not taken or taken + by_agent < whole:
        return None
    first, last = (unit, "") if unit == " MiB" else ("", unit)
    beside = f", and Datadog's agent {by_agent}," if by_agent else ""
    return f"take {taken}{first}{beside} of the task's {whole}{last}"


def sidecar_cpu(options: ServerOptions) -> int:
    """Return the CPU units that the sidecars of `options` ask for."""
    return sum(sidecar.cpu or 0 for sidecar in options.sidecars.values())


def _volumes(task: ServerTask) -> Iterator[Finding]:
    taken: dict[str, str] = {}
    for name, volume in task.options.volumes.items():
        here, folder = ("volumes", name, "mount_path"), volume.mount_path.rstrip("/")
        if not folder:
            yield here, f"{volume.mount_path!r} is the container's own root; give a folder, such as /data"
        elif folder in taken:
            yield (
                here,
                f"{volume.mount_path!r} is the path of the volume {taken[folder]}; give each its own",
            )
        taken.setdefault(folder, name)
        if volume.access_point and volume.root_directory:
            yield (
                ("volumes", name, "root_directory"),
                "the access point decides the folder; remove one of the two",
            )


SERVER_RULES: tuple[Rule[ServerTask], ...] = (
    _size,
    _bounds,
    _environment,
    _texts,
    _container_health_check,
    _port,
    _capacity,
    _files,
    _roles,
    _sidecars,
    _sidecars_beside_ours,
    _volumes,
)
