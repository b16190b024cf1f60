"""A wait between a task's deregistration and its server's SIGTERM, for servers that end at once."""

from aws_cdk import Duration
from aws_cdk import aws_ecs as ecs

PRE_STOP_IMAGE = "public.ecr.aws/docker/library/busybox:1.37.0"
"""A shell and `sleep` are all that the wait needs."""


def add_pre_stop_container(
    definition: ecs.FargateTaskDefinition,
    server: ecs.ContainerDefinition,
    *,
    image: ecs.ContainerImage,
    wait: Duration,
    log: ecs.LogDriver,
) -> ecs.ContainerDefinition:
    """Add a container that ECS stops before `server`, and that takes `wait` to end.

    A container that depends on another starts after it and is stopped before it (API reference:
    ContainerDependency); the server gets its SIGTERM when this one has ended.
    """
    waiting = definition.add_container(
        "PreStop",
        container_name="pre-stop",
        image=image,
        entry_point=["/bin/sh", "-c"],
        command=[_script(int(wait.to_seconds()))],
        # Should it fail, the task serves on, without a wait at its end.
        essential=False,
        user="65534:65534",
        readonly_root_filesystem=True,
        stop_timeout=Duration.seconds(int(wait.to_seconds()) + 5),
        logging=log,
    )
    waiting.add_container_dependencies(
        ecs.ContainerDependency(container=server, condition=ecs.ContainerDependencyCondition.START)
    )
    return waiting


def _script(seconds: int) -> str:
    # The shell runs its trap only between commands, and `wait` is one that a signal ends.
    return f"trap 'kill $! 2>/dev/null; sleep {seconds}; exit 0' TERM; sleep 2147483647 & wait"
