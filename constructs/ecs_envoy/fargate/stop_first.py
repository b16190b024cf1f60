"""The order in which ECS stops the containers of a task."""

from aws_cdk import aws_ecs as ecs


def stop_first(definition: ecs.FargateTaskDefinition, container: ecs.ContainerDefinition) -> None:
    """Let ECS stop `container` before all others of `definition`, which are there already.

    A container that depends on another starts after it and is stopped before it (API reference:
    ContainerDependency). So the others serve, log and count until `container` has ended.
    """
    for child in definition.node.children:
        # jsii gives Python another object for the same construct, so names are compared.
        if isinstance(child, ecs.ContainerDefinition) and child.container_name != container.container_name:
            container.add_container_dependencies(
                ecs.ContainerDependency(container=child, condition=ecs.ContainerDependencyCondition.START)
            )
