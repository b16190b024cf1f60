"""The order in which ECS stops the containers of a task."""

from collections.abc import Sequence

from aws_cdk import aws_ecs as ecs


def containers_of(definition: ecs.FargateTaskDefinition) -> list[ecs.ContainerDefinition]:
    """Return the containers that `definition` has so far."""
    return [child for child in definition.node.children if isinstance(child, ecs.ContainerDefinition)]


def stop_first(container: ecs.ContainerDefinition, others: Sequence[ecs.ContainerDefinition]) -> None:
    """Let ECS stop `container` before all `others` of its task.

    A container that depends on another starts after it and is stopped before it (API reference:
    ContainerDependency). So the others serve, log and count until `container` has ended.
    """
    container.add_container_dependencies(
        *(
            ecs.ContainerDependency(container=other, condition=ecs.ContainerDependencyCondition.START)
            for other in others
        )
    )
