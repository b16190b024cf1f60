"""Defines the proxy of a configuration."""

from collections.abc import Sequence

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from ecs_envoy.configuration.model import (
    Configuration,
)
from ecs_envoy.configuration.plans import fault_injection
from ecs_envoy.configuration.proxies.views import is_routed
from ecs_envoy.fargate.arguments import duration_of
from ecs_envoy.fargate.container_image import container_image
from ecs_envoy.from_configuration.clients import define_clients
from ecs_envoy.from_configuration.places import place
from ecs_envoy.from_configuration.telemetry import allow_scrapes, define_telemetry
from ecs_envoy.network.network import Network
from ecs_envoy.proxy.envoy_proxy import EnvoyProxy
from ecs_envoy.proxy.routed_service import RoutedService
from ecs_envoy.services.grpc_service import GrpcService
from ecs_envoy.settings.task.options import TaskOptions


def define_proxy(
    scope: Construct,
    configuration: Configuration,
    *,
    network: Network,
    services: Sequence[RoutedService],
    security_group: ec2.ISecurityGroup,
) -> EnvoyProxy:
    """Define the proxy of `configuration` in front of those of `services` that it carries calls to.

    The others may be its clients.
    """
    routed = [service for service in services if is_routed(configuration, service.plan.name)]
    settings = configuration.proxy
    sidecar = settings.discovery
    proxy = EnvoyProxy(
        scope,
        "Proxy",
        ecs_cluster=network.ecs_cluster,
        namespace=network.namespace,
        services=routed,
        environment=configuration.environment,
        name=settings.name,
        aliases=settings.aliases,
        port=settings.port,
        further_ports=settings.further_ports,
        image=settings.image,
        image_mirror=configuration.image_mirror,
        cpu=settings.cpu,
        memory_limit_mib=settings.memory,
        max_connections=settings.max_connections,
        drain=duration_of(settings.drain),
        tasks=settings.tasks.min,
        max_tasks=settings.tasks.max,
        cpu_percent=settings.tasks.cpu_percent,
        clients=define_clients(scope, configuration, services),
        security_group=security_group,
        discovery_image=container_image(scope, "DiscoveryImage", sidecar.image) if sidecar.image else None,
        discovery_interval=duration_of(sidecar.interval),
        discovery_events=sidecar.events,
        policy=configuration.policy,
        fault_injection=fault_injection(configuration),
        telemetry=define_telemetry(scope, configuration),
        options=settings.part(TaskOptions),
        place=place(configuration, "proxy", network.vpc),
        overrides=settings.overrides,
    )
    allow_scrapes(scope, configuration, proxy)
    for service in routed:
        given = configuration.services.get(service.plan.name)
        calls = given.tasks.calls_per_second if given else None
        if calls is not None and isinstance(service, GrpcService):
            proxy.scale_by_calls(service, calls_per_second=calls)
    return proxy
