"""Task definitions with Datadog's agent. This module is imported only if a Datadog account is given."""

from aws_cdk import Stack
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_logs as logs
from constructs import Construct
from datadog_cdk_constructs_v2 import (
    APMFeatureConfig,
    DatadogECSFargate,
    DatadogECSLogDriverProps,
    DogstatsdFeatureConfig,
    FargateLogCollectionFeatureConfig,
    FluentbitConfig,
    LoggingType,
)

from ecs_envoy.plan.sidecars import CPU_UNITS, HARD_LIMIT_MIB, MEMORY_MIB
from ecs_envoy.telemetry.datadog import Datadog

AGENT_IMAGE = "public.ecr.aws/datadog/agent"
AGENT_VERSION = "7.66.1"
LOG_ROUTER_IMAGE = "public.ecr.aws/aws-observability/aws-for-fluent-bit"
LOG_ROUTER_VERSION = "2.34.3.20260423"
"""Exact versions, because the defaults of Datadog's construct are `latest` and `stable`."""


def define_datadog_task_definition(
    scope: Construct,
    datadog: Datadog,
    *,
    name: str,
    props: ecs.FargateTaskDefinitionProps,
    log_group: logs.ILogGroup,
    agent_registry: str,
    log_router_registry: str,
    is_proxy: bool,
) -> ecs.FargateTaskDefinition:
    """Return a task definition that contains only Datadog's agent, which is not essential.

    Args:
        scope: The construct that it belongs to.
        datadog: The account that the agent reports to.
        name: The service's name.
        props: Size, platform and roles of the task.
        log_group: The log group of the agent.
        agent_registry: The agent's image, without a tag.
        log_router_registry: The log router's image, without a tag.
        is_proxy: Whether Envoy runs in the task. Envoy sends no traces and no statistics to the agent,
            and its log may go to Datadog.

    """
    to_datadog = is_proxy and datadog.access_log
    definition = DatadogECSFargate(
        api_key_secret=datadog.api_key_secret,
        site=datadog.site,
        service=datadog.service or name,
        env=datadog.env,
        version=datadog.version,
        registry=agent_registry,
        image_version=AGENT_VERSION,
        cpu=CPU_UNITS["datadog-agent"],
        memory_limit_mib=MEMORY_MIB["datadog-agent"],
        is_datadog_essential=False,
        apm=APMFeatureConfig(is_enabled=not is_proxy, is_socket_enabled=not is_proxy),
        dogstatsd=DogstatsdFeatureConfig(is_enabled=not is_proxy, is_socket_enabled=not is_proxy),
        log_collection=_log_collection(datadog, name, log_router_registry, is_enabled=to_datadog),
    ).fargate_task_definition(scope, "TaskDefinition", props)
    if to_datadog:
        _soften_log_router(definition)
    else:
        _keep_log(definition, log_group)
    return definition


def _log_collection(
    datadog: Datadog, name: str, registry: str, *, is_enabled: bool
) -> FargateLogCollectionFeatureConfig:
    return FargateLogCollectionFeatureConfig(
        is_enabled=is_enabled,
        logging_type=LoggingType.FLUENTBIT,
        fluentbit_config=FluentbitConfig(
            registry=registry,
            image_version=LOG_ROUTER_VERSION,
            cpu=CPU_UNITS["datadog-log-router"],
            memory_limit_mib=HARD_LIMIT_MIB["datadog-log-router"],
            is_log_router_essential=False,
            log_driver_config=DatadogECSLogDriverProps(
                host_endpoint=f"http-intake.logs.{datadog.site}",
                service_name=datadog.service or name,
                source_name="envoy",
                tls="on",
            ),
        ),
    )


def _soften_log_router(definition: ecs.FargateTaskDefinition) -> None:
    # The log router is the second container; Datadog's construct has no argument for a soft limit.
    _resource(definition).add_property_override(
        "ContainerDefinitions.1.MemoryReservation", MEMORY_MIB["datadog-log-router"]
    )


def _resource(definition: ecs.FargateTaskDefinition) -> ecs.CfnTaskDefinition:
    resource = definition.node.default_child
    assert isinstance(resource, ecs.CfnTaskDefinition)  # noqa: S101  # every task definition has it
    return resource


def _keep_log(definition: ecs.FargateTaskDefinition, log_group: logs.ILogGroup) -> None:
    """Log the agent's output, for example that its key is refused. Datadog's construct configures no log."""
    options = {
        "awslogs-group": log_group.log_group_name,
        "awslogs-stream-prefix": "datadog-agent",
        "awslogs-region": Stack.of(definition).region,
        "mode": "non-blocking",
        "max-buffer-size": "10m",
    }
    # The agent is the first container that the construct adds.
    _resource(definition).add_property_override(
        "ContainerDefinitions.0.LogConfiguration", {"LogDriver": "awslogs", "Options": options}
    )
