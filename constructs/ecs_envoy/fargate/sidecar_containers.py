"""The further containers of a server's task."""

from collections.abc import Mapping

from aws_cdk import aws_ecs as ecs
from constructs import Construct

from ecs_envoy.fargate.arguments import duration_of
from ecs_envoy.fargate.container_image import container_image
from ecs_envoy.fargate.health_check import container_health_check
from ecs_envoy.fargate.secrets import secrets
from ecs_envoy.settings.task.options import ServerOptions
from ecs_envoy.settings.task.sidecar import SERVER, Condition, SidecarContainer


def add_sidecars(
    scope: Construct,
    definition: ecs.TaskDefinition,
    server: ecs.ContainerDefinition,
    options: ServerOptions,
    log: ecs.LogDriver,
) -> None:
    """Add the sidecars of `options` to `definition`, and let each container wait for others.

    A container that depends on another starts after it and is stopped before it (API reference:
    ContainerDependency).
    """
    made = {
        name: _add(scope, definition, name, sidecar, log) for name, sidecar in options.sidecars.items()
    } | {SERVER: server}
    _wait(server, options.depends_on, made)
    for name, sidecar in options.sidecars.items():
        _wait(made[name], sidecar.depends_on, made)


def _add(
    scope: Construct,
    definition: ecs.TaskDefinition,
    name: str,
    settings: SidecarContainer,
    log: ecs.LogDriver,
) -> ecs.ContainerDefinition:
    image = container_image(
        scope, f"Image-{name}", settings.image, credentials=settings.repository_credentials
    )
    return definition.add_container(
        f"Sidecar-{name}",
        container_name=name,
        image=image,
        essential=settings.essential,
        command=settings.command or None,
        entry_point=settings.entry_point or None,
        environment=dict(sorted(settings.environment.items())) or None,
        secrets=secrets(dict(sorted(settings.secrets.items()))) or None,
        port_mappings=[ecs.PortMapping(container_port=port) for port in settings.ports],
        cpu=settings.cpu,
        memory_limit_mib=settings.memory,
        health_check=container_health_check(settings.container_health_check),
        stop_timeout=duration_of(settings.stop_timeout) if settings.stop_timeout else None,
        logging=log,
    )


def _wait(
    container: ecs.ContainerDefinition,
    conditions: Mapping[str, Condition],
    made: Mapping[str, ecs.ContainerDefinition],
) -> None:
    for other, condition in conditions.items():
        container.add_container_dependencies(
            ecs.ContainerDependency(
                container=made[other], condition=ecs.ContainerDependencyCondition[condition]
            )
        )
