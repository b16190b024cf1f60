"""The check that ECS runs in a container, from its settings."""

from aws_cdk import aws_ecs as ecs

from ecs_envoy.fargate.arguments import duration_of
from ecs_envoy.settings.task.health_check import ContainerHealthCheck


def container_health_check(settings: ContainerHealthCheck | None) -> ecs.HealthCheck | None:
    """Return the check that ECS runs inside the container; None for none."""
    if settings is None:
        return None
    command = settings.command
    return ecs.HealthCheck(
        command=command if command[0] in {"CMD", "CMD-SHELL"} else ["CMD", *command],
        interval=duration_of(settings.interval),
        timeout=duration_of(settings.timeout),
        retries=settings.retries,
        start_period=duration_of(settings.start_period),
    )
