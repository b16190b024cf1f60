"""Fargate task definitions and their logs."""

import functools

from aws_cdk import RemovalPolicy, Size
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from ecs_envoy.fargate.own_images import OwnImages
from ecs_envoy.fargate.roles import given_role
from ecs_envoy.settings.extra import extra
from ecs_envoy.settings.task.options import ServerOptions, TaskOptions
from ecs_envoy.telemetry.datadog import Datadog


def define_task_definition(
    scope: Construct,
    *,
    name: str,
    cpu: int,
    memory_limit_mib: int,
    log_group: logs.ILogGroup,
    datadog: Datadog | None = None,
    images: OwnImages,
    options: TaskOptions,
    is_proxy: bool = False,
) -> ecs.FargateTaskDefinition:
    """Return a task definition without our containers; we give its task role no rights.

    With `datadog`, it contains Datadog's agent, which logs to `log_group` and has the rights that it needs.
    """
    props = _props(scope, options, cpu=cpu, memory_limit_mib=memory_limit_mib)
    if datadog is None:
        return ecs.FargateTaskDefinition(
            scope,
            "TaskDefinition",
            cpu=props.cpu,
            memory_limit_mib=props.memory_limit_mib,
            runtime_platform=props.runtime_platform,
            ephemeral_storage_gib=props.ephemeral_storage_gib,
            task_role=props.task_role,
            execution_role=props.execution_role,
        )
    with extra("datadog", "Datadog"):
        # Imported here because Node takes a moment to load Datadog's constructs.
        from ecs_envoy.telemetry.datadog_agent import (
            AGENT_IMAGE,
            LOG_ROUTER_IMAGE,
            define_datadog_task_definition,
        )
    return define_datadog_task_definition(
        scope,
        datadog,
        name=name,
        props=props,
        log_group=log_group,
        agent_registry=images.name(AGENT_IMAGE),
        log_router_registry=images.name(LOG_ROUTER_IMAGE) if is_proxy else LOG_ROUTER_IMAGE,
        is_proxy=is_proxy,
    )


def _props(
    scope: Construct, options: TaskOptions, *, cpu: int, memory_limit_mib: int
) -> ecs.FargateTaskDefinitionProps:
    server = options if isinstance(options, ServerOptions) else ServerOptions()
    return ecs.FargateTaskDefinitionProps(
        cpu=cpu,
        memory_limit_mib=memory_limit_mib,
        runtime_platform=(
            ecs.RuntimePlatform(
                cpu_architecture=ecs.CpuArchitecture.ARM64,
                operating_system_family=ecs.OperatingSystemFamily.LINUX,
            )
            if options.cpu_architecture == "arm64"
            else None
        ),
        ephemeral_storage_gib=server.ephemeral_storage,
        task_role=given_role(scope, "TaskRole", server.task_role),
        execution_role=given_role(scope, "ExecutionRole", options.execution_role),
    )


def define_log_group(
    scope: Construct,
    retention: logs.RetentionDays = logs.RetentionDays.ONE_MONTH,
    key: kms.IKey | None = None,
) -> logs.LogGroup:
    """Return a log group that is removed with its stack, and that `key` encrypts if there is one."""
    return logs.LogGroup(
        scope, "Log", retention=retention, encryption_key=key, removal_policy=RemovalPolicy.DESTROY
    )


def kms_key(scope: Construct, construct_id: str, arn: str | None) -> kms.IKey | None:
    """Return the key `arn`; None for AWS's own. Its policy is its owner's."""
    return kms.Key.from_key_arn(scope, construct_id, arn) if arn else None


LOG_BUFFER_MIB = 10
"""How much of its output a container may have waiting: 30,000 lines of Envoy's access log, of 310 bytes."""


def log_driver(group: logs.ILogGroup) -> ecs.LogDriver:
    """Return a driver that writes to `group`."""
    return ecs.LogDrivers.aws_logs(
        stream_prefix="task",
        log_group=group,
        # If the buffer is full, lines are dropped. By default the container would block, and so would its
        # calls.
        mode=ecs.AwsLogDriverMode.NON_BLOCKING,
        # Written out like the mode, because AWS has changed its defaults.
        max_buffer_size=_log_buffer(),
    )


@functools.cache
def _log_buffer() -> Size:
    return Size.mebibytes(LOG_BUFFER_MIB)
