"""The OpenTelemetry collector in the proxy's task, in AWS's distribution."""

from dataclasses import replace

from aws_cdk import Duration
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs

from ecs_envoy.plan.collector_settings import CollectorSettings
from ecs_envoy.plan.sidecars import CPU_UNITS, HARD_LIMIT_MIB, MEMORY_MIB
from ecs_envoy.telemetry.telemetry import Telemetry

COLLECTOR_IMAGE = "public.ecr.aws/aws-observability/aws-otel-collector:v0.48.0"


def add_collector_container(
    definition: ecs.FargateTaskDefinition,
    *,
    image: ecs.ContainerImage,
    settings: CollectorSettings,
    telemetry: Telemetry,
    metrics_log_group: logs.LogGroup | None,
    log: ecs.LogDriver,
) -> ecs.ContainerDefinition:
    """Add the collector to `definition`, with the rights that `telemetry` needs.

    Envoy keeps serving if the collector stops. Its configuration is in an environment variable, so that a
    diff shows it. It contains no secret.
    """
    if metrics_log_group:
        settings = replace(settings, cloudwatch_log_group=metrics_log_group.log_group_name)
        metrics_log_group.grant(
            definition.task_role, "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"
        )
    if telemetry.tracing:
        definition.add_to_task_role_policy(_trace_statement())
    if telemetry.prometheus:
        telemetry.prometheus.grant_write(definition.task_role)
    return definition.add_container(
        "Collector",
        container_name="collector",
        image=image,
        environment={"AOT_CONFIG_CONTENT": settings.to_json()},
        cpu=CPU_UNITS["collector"],
        memory_reservation_mib=MEMORY_MIB["collector"],
        memory_limit_mib=HARD_LIMIT_MIB["collector"],
        essential=False,
        readonly_root_filesystem=True,
        # The image has no shell, but it has this program.
        health_check=ecs.HealthCheck(
            command=["CMD", "/healthcheck"],
            interval=Duration.seconds(10),
            timeout=Duration.seconds(5),
            retries=3,
            start_period=Duration.seconds(30),
        ),
        enable_restart_policy=True,
        restart_attempt_period=Duration.seconds(60),
        logging=log,
    )


def _trace_statement() -> iam.PolicyStatement:
    """Return the right to send spans to X-Ray."""
    return iam.PolicyStatement(
        actions=["xray:PutTraceSegments", "xray:PutTelemetryRecords"],
        # X-Ray's write actions do not support resources ("Actions, resources, and condition keys for AWS
        # X-Ray").
        resources=["*"],
    )
