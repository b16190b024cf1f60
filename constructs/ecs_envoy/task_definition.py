"""A Fargate task and the container of a service in it, with its log."""

from collections.abc import Mapping

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_logs as logs

from constructs import Construct


def task_definition(scope: Construct, *, cpu: int, memory_limit_mib: int) -> ecs.FargateTaskDefinition:
    """Return an empty task definition; its task role may do nothing until something is granted to it."""
    return ecs.FargateTaskDefinition(scope, "TaskDefinition", cpu=cpu, memory_limit_mib=memory_limit_mib)


def log_driver(scope: Construct) -> ecs.LogDriver:
    """Return a driver that writes to a log group of its own, kept for a month, removed with its stack."""
    group = logs.LogGroup(
        scope, "Log", retention=logs.RetentionDays.ONE_MONTH, removal_policy=RemovalPolicy.DESTROY
    )
    return ecs.LogDrivers.aws_logs(
        stream_prefix="task",
        log_group=group,
        # A full buffer drops lines; the default would stop the container instead, and its calls with it.
        mode=ecs.AwsLogDriverMode.NON_BLOCKING,
    )


def service_container(
    definition: ecs.FargateTaskDefinition,
    *,
    image: ecs.ContainerImage,
    port: int,
    environment: Mapping[str, str] | None,
    secrets: Mapping[str, ecs.Secret] | None,
    container_health_check: ecs.HealthCheck | None,
    log: ecs.LogDriver,
    stop_timeout: Duration | None = None,
) -> ecs.ContainerDefinition:
    """Add the container of a service of the user's own to `definition`, and return it."""
    return definition.add_container(
        "Service",
        container_name="service",
        image=image,
        port_mappings=[ecs.PortMapping(container_port=port)],
        environment=dict(sorted((environment or {}).items())) or None,
        secrets=dict(sorted((secrets or {}).items())) or None,
        health_check=container_health_check,
        stop_timeout=stop_timeout,
        logging=log,
    )
