"""A configuration as what the proxy's containers are told, without the CDK."""

from dataclasses import dataclass

import envoy_config
from ecs_envoy.configuration.model import Configuration, ExistingService, Service
from ecs_envoy.discovery import Discovery, discovery_for
from ecs_envoy.discovery_settings import discovery_settings, followed_services
from ecs_envoy.proxy_memory import envoy_memory_mib


@dataclass(frozen=True)
class ProxyTask:
    """What the containers of the proxy's task are told.

    Attributes:
        bootstrap: Envoy's bootstrap as JSON.
        discovery: The sidecar's settings as JSON; None where no service needs it.

    """

    bootstrap: str
    discovery: str | None


def proxy_task(configuration: Configuration) -> ProxyTask:
    """Return what the proxy of `configuration` is deployed with."""
    namespace, wanted = configuration.namespace.name, configuration.proxy
    routed = {
        **{
            name: (_upstream(name, name, namespace, service, max_tasks=service.tasks.max), name)
            for name, service in configuration.services.items()
        },
        **{
            name: (
                _upstream(name, service.cloud_map_service, namespace, service, max_tasks=None),
                service.cloud_map_service,
            )
            for name, service in configuration.existing_services.items()
        },
    }
    followed = followed_services(routed.values())
    proxy = envoy_config.Proxy(
        name=wanted.name, memory_mib=envoy_memory_mib(wanted.memory, sidecar=bool(followed)), port=wanted.port
    )
    upstreams = [upstream for upstream, _ in routed.values()]
    settings = discovery_settings(
        namespace=namespace, proxy=wanted.name, services=followed, interval=wanted.discovery.interval
    )
    return ProxyTask(
        envoy_config.to_json(envoy_config.bootstrap(proxy, upstreams)), settings if followed else None
    )


def _upstream(
    name: str,
    cloud_map_service: str,
    namespace: str,
    wanted: Service | ExistingService,
    *,
    max_tasks: int | None,
) -> envoy_config.Service:
    named = Discovery(wanted.discovery) if wanted.discovery else None
    discovery = discovery_for(named, max_tasks=max_tasks)
    return envoy_config.Service(
        name=name,
        address=f"{cloud_map_service}.{namespace}",
        port=wanted.port,
        grpc_services=tuple(wanted.grpc_services),
        health_check=envoy_config.HealthCheck(wanted.health_check),
        max_tasks=max_tasks,
        discovery=discovery.of_envoy,
        zone_aware=wanted.zone_aware and discovery is Discovery.CLOUD_MAP,
    )
