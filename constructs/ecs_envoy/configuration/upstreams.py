"""A configuration as Envoy's bootstrap, without the CDK."""

import envoy_config
from ecs_envoy.configuration.model import Configuration, ExistingService, Service


def bootstrap(configuration: Configuration) -> str:
    """Return the bootstrap that the proxy of `configuration` is deployed with, as JSON."""
    namespace = configuration.namespace.name
    services = [
        *(_service(name, wanted, namespace) for name, wanted in configuration.services.items()),
        *(_existing(name, wanted, namespace) for name, wanted in configuration.existing_services.items()),
    ]
    wanted = configuration.proxy
    proxy = envoy_config.Proxy(name=wanted.name, memory_mib=wanted.memory, port=wanted.port)
    return envoy_config.to_json(envoy_config.bootstrap(proxy, services))


def _service(name: str, wanted: Service, namespace: str) -> envoy_config.Service:
    return envoy_config.Service(
        name=name,
        address=f"{name}.{namespace}",
        port=wanted.port,
        grpc_services=tuple(wanted.grpc_services),
        health_check=envoy_config.HealthCheck(wanted.health_check),
        max_tasks=wanted.tasks.max,
    )


def _existing(name: str, wanted: ExistingService, namespace: str) -> envoy_config.Service:
    return envoy_config.Service(
        name=name,
        address=f"{wanted.cloud_map_service}.{namespace}",
        port=wanted.port,
        grpc_services=tuple(wanted.grpc_services),
        health_check=envoy_config.HealthCheck(wanted.health_check),
    )
