"""Roles of a task that exist, and what its own role may do."""

from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from ecs_envoy.settings.task.options import ServerOptions


def given_role(scope: Construct, construct_id: str, arn: str | None) -> iam.IRole | None:
    """Return the role `arn`, to which the CDK adds no right; None to let the CDK create one."""
    if arn is None:
        return None
    return iam.Role.from_role_arn(scope, construct_id, arn, mutable=False)


def add_task_policy(definition: ecs.TaskDefinition, options: ServerOptions) -> None:
    """Let the tasks do what `options` lists."""
    for statement in options.task_policy:
        definition.add_to_task_role_policy(
            iam.PolicyStatement(
                actions=statement.actions,
                resources=statement.resources,
                conditions=statement.conditions or None,
            )
        )


def enable_execute_command(service: ecs.FargateService, log_group: logs.ILogGroup) -> None:
    """Let ECS Exec open a shell in the tasks of `service`, and write the session to their log.

    The CDK's own argument would let the tasks write to every log group of the account.
    """
    resource = service.node.default_child
    assert isinstance(resource, ecs.CfnService)  # noqa: S101  # the CDK made it
    resource.enable_execute_command = True
    role = service.task_definition
    channels = [
        f"ssmmessages:{verb}{kind}Channel" for verb in ("Create", "Open") for kind in ("Control", "Data")
    ]
    for actions in (channels, ["logs:DescribeLogGroups"]):
        # These actions know no resources ("Amazon ECS Exec" in the Developer Guide).
        role.add_to_task_role_policy(iam.PolicyStatement(actions=actions, resources=["*"]))
    role.add_to_task_role_policy(
        iam.PolicyStatement(
            actions=["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
            resources=[log_group.log_group_arn],
        )
    )
