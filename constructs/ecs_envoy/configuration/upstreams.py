"""A configuration as Envoy's bootstrap, without the CDK."""

import envoy_config
from ecs_envoy.configuration.model import Configuration, ExistingService, Service


def bootstrap(configuration: Configuration) -> str:
    """Return the bootstrap that the proxy of `configuration` is deployed with, as JSON."""
    namespace = configuration.namespace.name
    services = [
        *(
            _upstream(name, f"{name}.{namespace}", wanted, max_tasks=wanted.tasks.max)
            for name, wanted in configuration.services.items()
        ),
        *(
            _upstream(name, f"{wanted.cloud_map_service}.{namespace}", wanted, max_tasks=None)
            for name, wanted in configuration.existing_services.items()
        ),
    ]
    wanted = configuration.proxy
    proxy = envoy_config.Proxy(name=wanted.name, memory_mib=wanted.memory, port=wanted.port)
    return envoy_config.to_json(envoy_config.bootstrap(proxy, services))


def _upstream(
    name: str, address: str, wanted: Service | ExistingService, *, max_tasks: int | None
) -> envoy_config.Service:
    return envoy_config.Service(
        name=name,
        address=address,
        port=wanted.port,
        grpc_services=tuple(wanted.grpc_services),
        health_check=envoy_config.HealthCheck(wanted.health_check),
        max_tasks=max_tasks,
    )
