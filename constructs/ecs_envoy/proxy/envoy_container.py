"""Envoy's container in the proxy's task."""

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_ecs as ecs

from ecs_envoy.fargate.ready_check import ready_check
from ecs_envoy.plan.packed_bootstrap import ENTRY_POINT, ENVOY, is_packed
from ecs_envoy.telemetry.datadog_check import envoy_check
from envoy_config.dns import RESOLVER_ENVIRONMENT
from envoy_config.model import ADMIN_ADDRESS, ADMIN_PORT
from envoy_config.telemetry import METRICS_PORT

ENVOY_USER = "101:101"
"""The user and group `envoy` of the stock image, as numbers, because ECS needs numbers."""


def add_envoy_container(
    definition: ecs.FargateTaskDefinition,
    *,
    image: ecs.ContainerImage,
    command: Sequence[str],
    cpu: int,
    ports: Sequence[int],
    datadog: bool,
    log: ecs.LogDriver | None,
) -> ecs.ContainerDefinition:
    """Add Envoy to `definition`.

    Args:
        definition: The task definition.
        image: Envoy's image.
        command: Envoy's arguments.
        cpu: The CPU units that it is sure of, and its weight where CPU is short.
        ports: The TCP ports that clients dial.
        datadog: Whether Datadog's agent in the task should scrape Envoy.
        log: Its log driver; None if Datadog's log router gets the log.

    """
    return definition.add_container(
        "Envoy",
        container_name="envoy",
        image=image,
        # The stock image's entry point is a script that starts as root and then changes the user.
        entry_point=list(ENTRY_POINT) if is_packed(command[1]) else [ENVOY],
        command=command,
        environment=RESOLVER_ENVIRONMENT,
        cpu=cpu,
        user=ENVOY_USER,
        readonly_root_filesystem=True,
        port_mappings=[ecs.PortMapping(container_port=port) for port in ports],
        health_check=ready_check(ADMIN_ADDRESS, ADMIN_PORT, start_period=Duration.seconds(10)),
        docker_labels=envoy_check(METRICS_PORT) if datadog else None,
        logging=log,
    )
