"""A Fargate task definition, and its log."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_logs as logs
from constructs import Construct

from ecs_envoy.settings.extra import extra
from ecs_envoy.telemetry.datadog import Datadog


def define_task_definition(
    scope: Construct,
    *,
    name: str,
    cpu: int,
    memory_limit_mib: int,
    log_group: logs.ILogGroup,
    datadog: Datadog | None = None,
    is_proxy: bool = False,
) -> ecs.FargateTaskDefinition:
    """Return a task definition without a container of ours; its task role may do nothing of our own.

    With `datadog` that account's agent is in it, writes to `log_group`, and has the rights that it asks for.
    """
    if datadog is None:
        return ecs.FargateTaskDefinition(scope, "TaskDefinition", cpu=cpu, memory_limit_mib=memory_limit_mib)
    with extra("datadog", "Datadog"):
        # Here, since Node takes a moment to load it.
        from ecs_envoy.telemetry.datadog_agent import define_datadog_task_definition
    return define_datadog_task_definition(
        scope,
        datadog,
        name=name,
        cpu=cpu,
        memory_limit_mib=memory_limit_mib,
        log_group=log_group,
        is_proxy=is_proxy,
    )


def define_log_group(
    scope: Construct, retention: logs.RetentionDays = logs.RetentionDays.ONE_MONTH
) -> logs.LogGroup:
    """Return a log group that is removed with its stack."""
    return logs.LogGroup(scope, "Log", retention=retention, removal_policy=RemovalPolicy.DESTROY)


def log_driver(group: logs.ILogGroup) -> ecs.LogDriver:
    """Return a driver that writes to `group`."""
    return ecs.LogDrivers.aws_logs(
        stream_prefix="task",
        log_group=group,
        # A full buffer drops lines; the default would stop the container instead, and its calls with it.
        mode=ecs.AwsLogDriverMode.NON_BLOCKING,
    )
