"""The containers of a proxy's task."""

from dataclasses import dataclass

from aws_cdk import RemovalPolicy
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_servicediscovery as servicediscovery
from constructs import Construct

from ecs_envoy.fargate.container_image import container_image
from ecs_envoy.fargate.own_images import OwnImages
from ecs_envoy.fargate.task_definition import define_log_group, define_task_definition, log_driver
from ecs_envoy.plan.discovery_settings import with_events
from ecs_envoy.plan.proxy_task import ProxyTask, ProxyTaskInput
from ecs_envoy.plan.sidecars import main_container_cpu
from ecs_envoy.proxy.discovery_container import (
    add_discovery_container,
    own_discovery_image,
)
from ecs_envoy.proxy.discovery_events import DiscoveryEvents
from ecs_envoy.proxy.discovery_rights import grant_discovery
from ecs_envoy.proxy.drain_container import add_drain_container
from ecs_envoy.proxy.envoy_container import add_envoy_container
from ecs_envoy.telemetry.collector_container import COLLECTOR_IMAGE, add_collector_container
from ecs_envoy.telemetry.telemetry import Telemetry


@dataclass(frozen=True, kw_only=True)
class ProxyContainers:
    """A proxy's task.

    Attributes:
        definition: The task definition.
        discovery: The discovery sidecar; None if DNS is used for every service.
        drain: The container that ECS stops first.
        log_group: The log group of the containers.
        metrics_log_group: The log group from which CloudWatch reads metrics; None if it gets none.

    """

    definition: ecs.FargateTaskDefinition
    discovery: ecs.ContainerDefinition | None
    drain: ecs.ContainerDefinition
    log_group: logs.LogGroup
    metrics_log_group: logs.LogGroup | None


@dataclass(frozen=True, kw_only=True)
class ProxyImages:
    """The images of a proxy's task.

    Attributes:
        envoy: The name of Envoy's image.
        discovery: The sidecar's image; None to build it.
        mirror: The registry with copies of the public images; None to pull them from where they are public.

    """

    envoy: str
    discovery: ecs.ContainerImage | None
    mirror: str | None


def define_proxy_containers(
    scope: Construct,
    task: ProxyTaskInput,
    plan: ProxyTask,
    images: ProxyImages,
    *,
    ecs_cluster: ecs.ICluster,
    namespace: servicediscovery.IPrivateDnsNamespace,
    telemetry: Telemetry,
) -> ProxyContainers:
    """Define the task definition of `plan` with all its containers and their rights."""
    public = OwnImages(images.mirror)
    log_group = define_log_group(scope, telemetry.log_retention, telemetry.log_key)
    metrics_log_group = _define_metrics_log_group(scope, telemetry) if telemetry.cloudwatch else None
    log = log_driver(log_group)
    definition = define_task_definition(
        scope,
        name=task.name,
        cpu=task.cpu,
        memory_limit_mib=task.memory_mib,
        log_group=log_group,
        datadog=telemetry.datadog,
        images=public,
        options=task.options,
        is_proxy=True,
    )
    envoy_image = container_image(scope, "Image", public.name(images.envoy))
    envoy = add_envoy_container(
        definition,
        image=envoy_image,
        command=plan.command,
        cpu=main_container_cpu(task.cpu, task.sidecars),
        ports=[task.port, *task.further_ports],
        datadog=telemetry.datadog is not None,
        log=None if plan.logs_to_datadog else log,
    )
    if plan.collector:
        add_collector_container(
            definition,
            image=public.image(COLLECTOR_IMAGE),
            settings=plan.collector,
            telemetry=telemetry,
            metrics_log_group=metrics_log_group,
            log=log,
        )
    discovery = None
    if plan.discovery:
        image = images.discovery or own_discovery_image(task.options.cpu_architecture)
        settings = _with_events(scope, plan, plan.discovery, definition.task_role, ecs_cluster)
        grant_discovery(scope, definition.task_role, plan.discovered, namespace)
        discovery = add_discovery_container(definition, envoy, image, task.region, settings, log)
    public.grant_pull(definition)
    drain = add_drain_container(definition, image=envoy_image, stop=task.stop, log=log)
    return ProxyContainers(
        definition=definition,
        discovery=discovery,
        drain=drain,
        log_group=log_group,
        metrics_log_group=metrics_log_group,
    )


def _with_events(
    scope: Construct, plan: ProxyTask, settings: str, role: iam.IRole, ecs_cluster: ecs.ICluster
) -> str:
    """Return the sidecar's argument `settings`; with a queue, which is defined here, if `plan` has events."""
    if not plan.hears_events:
        return settings
    events = DiscoveryEvents(scope, "Events", ecs_cluster=ecs_cluster)
    events.grant_consume(role)
    return with_events(settings, queue=events.queue.ref, ecs_cluster=ecs_cluster.cluster_name)


def _define_metrics_log_group(scope: Construct, telemetry: Telemetry) -> logs.LogGroup:
    return logs.LogGroup(
        scope,
        "MetricsLog",
        # CloudWatch turns the lines into metrics when they arrive, so they are not needed for long.
        retention=logs.RetentionDays.ONE_DAY,
        encryption_key=telemetry.log_key,
        removal_policy=RemovalPolicy.DESTROY,
    )
