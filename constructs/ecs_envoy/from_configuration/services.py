"""Defines the gRPC services of a configuration."""

from constructs import Construct

from ecs_envoy.configuration.existing.plans import policy_of, upstream
from ecs_envoy.configuration.model import Configuration
from ecs_envoy.configuration.plans import service_plan
from ecs_envoy.configuration.proxies.addresses import address_variables
from ecs_envoy.configuration.proxies.views import view_of
from ecs_envoy.configuration.server import Service
from ecs_envoy.configuration.stacks.numbers import stack_of
from ecs_envoy.fargate.arguments import duration_of
from ecs_envoy.fargate.container_image import container_image
from ecs_envoy.fargate.health_check import container_health_check
from ecs_envoy.fargate.secrets import secrets
from ecs_envoy.from_configuration.containers import allow_decrypt, allow_egress
from ecs_envoy.from_configuration.existing_services import define_existing_grpc_service
from ecs_envoy.from_configuration.places import place
from ecs_envoy.from_configuration.telemetry import datadog_of_servers
from ecs_envoy.network.network import Network
from ecs_envoy.proxy.routed_service import RoutedService
from ecs_envoy.services.grpc_service import GrpcService
from ecs_envoy.settings.task.options import ServerOptions
from ecs_envoy.telemetry.datadog import Datadog


def define_grpc_services(
    scope: Construct, configuration: Configuration, *, network: Network, number: int = 1
) -> list[RoutedService]:
    """Define the gRPC services, and the routes to existing ones, of the stack of services `number`."""
    account = datadog_of_servers(scope, configuration)
    return [
        *(
            _define_grpc_service(scope, name, settings, network, account, configuration)
            for name, settings in configuration.services.items()
            if stack_of(configuration, name) == number
        ),
        *(
            define_existing_grpc_service(scope, name, settings, network, policy_of(configuration, settings))
            for name, settings in configuration.existing_services.items()
            if stack_of(configuration, name) == number
        ),
    ]


def _define_grpc_service(
    scope: Construct,
    name: str,
    settings: Service,
    network: Network,
    account: Datadog | None,
    configuration: Configuration,
) -> GrpcService:
    service = GrpcService(
        scope,
        name,
        ecs_cluster=network.ecs_cluster,
        namespace=network.namespace,
        name=name,
        image=container_image(
            scope, f"Image-{name}", settings.image, credentials=settings.repository_credentials
        ),
        upstream=upstream(settings),
        policy=policy_of(configuration, settings),
        cpu=settings.cpu,
        memory_limit_mib=settings.memory,
        min_tasks=settings.tasks.min,
        max_tasks=settings.tasks.max,
        cpu_percent=settings.tasks.cpu_percent,
        environment={**settings.environment, **_proxy_addresses(configuration, name, network)},
        secrets=secrets(settings.secrets),
        container_health_check=container_health_check(settings.container_health_check),
        discovery=settings.discovery,
        stop_timeout=duration_of(settings.stop_timeout),
        pre_stop_wait=duration_of(service_plan(view_of(configuration, name), name, settings).pre_stop_wait),
        pre_stop_image=(
            container_image(scope, f"PreStopImage-{name}", settings.pre_stop_image)
            if settings.pre_stop_image
            else None
        ),
        datadog=account,
        image_mirror=configuration.image_mirror,
        memory_percent=settings.tasks.memory_percent,
        options=settings.part(ServerOptions),
        upstream_security_group=network.upstream_security_group,
        place=place(configuration, "services", network.vpc),
        overrides=settings.overrides,
    )
    allow_decrypt(service.ecs_service, settings.kms_keys)
    allow_egress(service.connections, settings.egress)
    return service


def _proxy_addresses(configuration: Configuration, name: str, network: Network) -> dict[str, str]:
    """Return the environment variables with the addresses of the proxies that the service calls."""
    return {
        variable: f"{view.proxy.name}.{network.namespace.namespace_name}:{view.proxy.port}"
        for variable, view in address_variables(configuration, ("services", name)).items()
    }
