"""The gRPC services of a configuration."""

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

import envoy_config
from ecs_envoy.configuration.model import (
    Configuration,
    ExistingService,
    Service,
)
from ecs_envoy.fargate.container_image import container_image
from ecs_envoy.from_configuration.containers import allow_egress, container_health_check, duration, secrets
from ecs_envoy.from_configuration.telemetry import datadog_account
from ecs_envoy.network.network import Network
from ecs_envoy.plan.discovery import Discovery
from ecs_envoy.proxy.routed_service import RoutedService
from ecs_envoy.services.existing_grpc_service import ExistingGrpcService
from ecs_envoy.services.grpc_service import GrpcService
from ecs_envoy.telemetry.datadog import Datadog


def define_grpc_services(
    scope: Construct, configuration: Configuration, *, network: Network
) -> list[RoutedService]:
    """Define every gRPC service of `configuration`, and the routes to those that exist already."""
    account = datadog_account(scope, configuration)
    return [
        *(
            _define_grpc_service(scope, name, wanted, network, account)
            for name, wanted in configuration.services.items()
        ),
        *(
            _define_existing_grpc_service(scope, name, wanted, network)
            for name, wanted in configuration.existing_services.items()
        ),
    ]


def _define_grpc_service(
    scope: Construct, name: str, wanted: Service, network: Network, account: Datadog | None
) -> GrpcService:
    service = GrpcService(
        scope,
        name,
        ecs_cluster=network.ecs_cluster,
        namespace=network.namespace,
        name=name,
        image=container_image(scope, f"Image-{name}", wanted.image),
        port=wanted.port,
        grpc_services=wanted.grpc_services,
        cpu=wanted.cpu,
        memory_limit_mib=wanted.memory,
        min_tasks=wanted.tasks.min,
        max_tasks=wanted.tasks.max,
        cpu_percent=wanted.tasks.cpu_percent,
        environment=wanted.environment,
        secrets=secrets(scope, name, wanted.secrets),
        container_health_check=container_health_check(wanted.container_health_check),
        health_check=envoy_config.HealthCheck(wanted.health_check),
        discovery=_discovery(wanted),
        zone_aware=wanted.zone_aware,
        stop_timeout=duration(wanted.stop_timeout),
        pre_stop_wait=duration(wanted.pre_stop_wait) if wanted.pre_stop_wait else None,
        pre_stop_image=(
            container_image(scope, f"PreStopImage-{name}", wanted.pre_stop_image)
            if wanted.pre_stop_image
            else None
        ),
        datadog=account,
    )
    allow_egress(service.connections, wanted.egress)
    return service


def _define_existing_grpc_service(
    scope: Construct, name: str, wanted: ExistingService, network: Network
) -> ExistingGrpcService:
    group = wanted.security_group
    return ExistingGrpcService(
        scope,
        name,
        namespace=network.namespace,
        cloud_map_service=wanted.cloud_map_service,
        port=wanted.port,
        grpc_services=wanted.grpc_services,
        security_group=(
            ec2.SecurityGroup.from_security_group_id(scope, f"SecurityGroup-{name}", group) if group else None
        ),
        health_check=envoy_config.HealthCheck(wanted.health_check),
        discovery=_discovery(wanted),
        zone_aware=wanted.zone_aware,
    )


def _discovery(wanted: Service | ExistingService) -> Discovery | None:
    return Discovery(wanted.discovery) if wanted.discovery else None
