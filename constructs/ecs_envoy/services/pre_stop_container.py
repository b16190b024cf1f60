"""The pre-stop container: a wait between a task's deregistration and its server's SIGTERM."""

from datetime import timedelta

from aws_cdk import aws_ecs as ecs

from ecs_envoy.fargate.arguments import duration_of
from ecs_envoy.fargate.server import Task
from ecs_envoy.fargate.stop_first import containers_of, stop_first

PRE_STOP_IMAGE = "public.ecr.aws/docker/library/busybox:1.37.0"
"""The wait needs only a shell and `sleep`."""


def add_pre_stop_container(
    task: Task, *, image: ecs.ContainerImage | None, wait: timedelta
) -> ecs.ContainerDefinition:
    """Add a container that ECS stops before the server of `task`, and that takes `wait` to end.

    So the server, and Datadog's agent beside it, get SIGTERM when this container has ended.
    """
    seconds = int(wait.total_seconds())
    others = containers_of(task.definition)
    container = task.definition.add_container(
        "PreStop",
        container_name="pre-stop",
        image=image or task.images.image(PRE_STOP_IMAGE),
        entry_point=["/bin/sh", "-c"],
        command=[_script(seconds)],
        # If it fails, the task keeps serving, but will stop without a wait.
        essential=False,
        user="65534:65534",
        readonly_root_filesystem=True,
        stop_timeout=duration_of(timedelta(seconds=seconds + 5)),
        logging=task.log,
    )
    stop_first(container, others)
    return container


def _script(seconds: int) -> str:
    # The shell runs a trap only between commands, and a signal ends `wait`.
    return f"trap 'kill $! 2>/dev/null; sleep {seconds}; exit 0' TERM; sleep 2147483647 & wait"
