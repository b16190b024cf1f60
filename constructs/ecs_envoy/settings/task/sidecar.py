"""Further containers in the task of a server."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field

from ecs_envoy.settings import values
from ecs_envoy.settings.ecr_image import NO_LOGIN, is_in_ecr
from ecs_envoy.settings.secret_arn import SecretSource
from ecs_envoy.settings.task.health_check import ContainerHealthCheck, check_timeout_problem
from ecs_envoy.settings.task.references import CredentialsArn
from envoy_config.settings import Settings
from envoy_config.settings_error import Finding
from envoy_config.values import Flag, Port, text, whole_number

_container = text(
    r"[A-Za-z0-9][A-Za-z0-9_-]*",
    "the name of a container",
    "letters, digits, - and _, such as metrics",
    length=255,
)
ContainerName = Annotated[str, *_container]
Condition = Literal["START", "HEALTHY", "COMPLETE", "SUCCESS"]
_memory = whole_number("a container's memory in MiB", 6, 122_880)
ContainerMemory = Annotated[int, *_memory]
_units = whole_number("CPU units of a container", 1, 16_384)
ContainerCpu = Annotated[int, *_units]

SERVER = "service"
"""The name of the server's container."""

RESERVED = (SERVER, "pre-stop")
"""Names of containers that are ours. Datadog's are too, where its agent is ours."""


class SidecarContainer(Settings):
    """A container beside the server: an agent, a proxy to a database, or a migration that runs first."""

    image: values.Image = Field(description="the container image, with its tag or digest")
    essential: Flag = Field(default=False, description="whether the task stops when this container does")
    command: list[values.Line] = Field(default=[], description="arguments; the image's own by default")
    entry_point: list[values.Line] = Field(default=[], description="the program; the image's own by default")
    environment: dict[values.VariableName, values.EnvironmentValue] = Field(
        default={}, description="environment variables"
    )
    secrets: dict[values.VariableName, SecretSource] = Field(
        default={}, description="environment variables from Secrets Manager or Parameter Store, by ARN"
    )
    ports: list[Port] = Field(default=[], description="TCP ports that it listens on")
    cpu: ContainerCpu | None = Field(default=None, description="its share of the task's CPU units")
    memory: ContainerMemory | None = Field(
        default=None, description="most MiB of the task's memory; no limit of its own by default"
    )
    container_health_check: ContainerHealthCheck | None = Field(
        default=None, description="the check that ECS runs in the container; none by default"
    )
    stop_timeout: values.StopTimeout | None = Field(
        default=None, description="time that it has to end after SIGTERM; ECS's 30s by default"
    )
    depends_on: dict[ContainerName, Condition] = Field(
        default={},
        description="the containers that have to be in a state before it starts, and that ECS stops after "
        "it; service is the server",
    )
    repository_credentials: CredentialsArn | None = Field(
        default=None, description="the secret with the login of the image's registry; none by default"
    )


def sidecar_findings(
    sidecars: Mapping[str, SidecarContainer],
    depends_on: Mapping[str, Condition],
    *,
    server_port: int,
    server_has_check: bool,
) -> Iterator[Finding]:
    """Yield why ECS would refuse `sidecars` beside a server, or why the task could never start."""
    waits = {SERVER: depends_on, **{name: sidecar.depends_on for name, sidecar in sidecars.items()}}
    ports = {server_port: SERVER}
    for name, sidecar in sidecars.items():
        if name in RESERVED:
            yield ("sidecars", name), "is the name of a container that we add; give another name"
        if sidecar.repository_credentials and is_in_ecr(sidecar.image):
            yield ("sidecars", name, "repository_credentials"), NO_LOGIN
        for variable in sidecar.secrets:
            if variable in sidecar.environment:
                problem = "is also a variable under environment; remove one of the two"
                yield ("sidecars", name, "secrets", variable), problem
        for index, port in enumerate(sidecar.ports):
            if port in ports:
                problem = f"{port} is the port of {ports[port]}; the containers of a task share one network"
                yield ("sidecars", name, "ports", index), f"{problem}, so give another"
            ports.setdefault(port, name)
    for name, sidecar in sidecars.items():
        check = sidecar.container_health_check
        if check and (problem := check_timeout_problem(check.interval, check.timeout)):
            yield ("sidecars", name, "container_health_check", "timeout"), problem
    checked = {name for name, sidecar in sidecars.items() if sidecar.container_health_check}
    if server_has_check:
        checked.add(SERVER)
    for name, others in waits.items():
        here = ("depends_on",) if name == SERVER else ("sidecars", name, "depends_on")
        for other, condition in others.items():
            if problem := _wait_problem(other, condition, sidecars, waits, checked):
                yield (*here, other), problem
    if circle := _circle(waits):
        yield ("sidecars",), f"wait for each other: {' -> '.join(circle)}; remove one depends_on"


def _wait_problem(
    other: str,
    condition: Condition,
    sidecars: Mapping[str, SidecarContainer],
    waits: Mapping[str, Mapping[str, Condition]],
    checked: set[str],
) -> str | None:
    if other not in waits:
        return f"no container has this name; give one of {', '.join(sorted(waits))}"
    if condition == "HEALTHY" and other not in checked:
        return f"{other} has no container_health_check, so it is never healthy; give it one, or START"
    if condition in {"COMPLETE", "SUCCESS"} and (other == SERVER or sidecars[other].essential):
        return f"{other} is essential, and the task stops when it ends; give START or HEALTHY"
    return None


def _circle(waits: Mapping[str, Mapping[str, Condition]]) -> tuple[str, ...]:
    """Return a circle of containers that wait for each other; empty if there is none."""

    def walk(name: str, path: tuple[str, ...]) -> tuple[str, ...]:
        if name in path:
            return (*path[path.index(name) :], name)
        for other in waits.get(name, {}):
            if found := walk(other, (*path, name)):
                return found
        return ()

    for name in waits:
        if found := walk(name, ()):
            return found
    return ()
