"""The places of a task and its service where properties may be overridden."""

from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_logs as logs
from constructs import IConstruct


def places(
    definition: ecs.FargateTaskDefinition, service: ecs.FargateService, log_group: logs.ILogGroup
) -> dict[str, IConstruct | None]:
    """Return the constructs of a task and its service whose resources may be overridden, by `TaskPlace`."""
    count = service.node.try_find_child("TaskCount")
    return {
        "task_definition": definition,
        "ecs_service": service,
        "security_group": service.connections.security_groups[0],
        "log_group": log_group,
        "task_role": definition.node.try_find_child("TaskRole"),
        "execution_role": definition.node.try_find_child("ExecutionRole"),
        "scaling_target": count.node.find_child("Target") if count else None,
    }
