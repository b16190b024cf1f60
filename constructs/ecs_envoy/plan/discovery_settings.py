"""The settings of the discovery sidecar, as JSON on its command line; `discovery.settings` reads it."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta

from ecs_envoy.plan.discovery import INTERVAL
from ecs_envoy.plan.service_plan import ServicePlan


@dataclass(frozen=True, kw_only=True)
class FollowedService:
    """A service that the sidecar discovers.

    Attributes:
        name: The name of Envoy's cluster.
        cloud_map_service: The service's name in the namespace.
        port: The TCP port that tasks serve gRPC on.
        zone_aware: Whether Envoy should prefer tasks of its own zone.
        cloud_map_health: Whether Cloud Map's health decides which tasks are listed.

    """

    name: str
    cloud_map_service: str
    port: int
    zone_aware: bool
    cloud_map_health: bool


def followed_services(services: Iterable[ServicePlan]) -> list[FollowedService]:
    """Return the services that the sidecar has to discover."""
    return [
        FollowedService(
            name=service.name,
            cloud_map_service=service.cloud_map_service,
            port=service.upstream.port,
            zone_aware=service.upstream.zone_aware,
            cloud_map_health=service.cloud_map_health,
        )
        for service in services
        if service.discovery == "cloud_map"
    ]


def discovery_settings(
    *, namespace: str, proxy: str, services: Sequence[FollowedService], interval: timedelta = INTERVAL
) -> str:
    """Return the sidecar's argument; the order of `services` does not matter.

    Args:
        namespace: The namespace's id.
        proxy: The proxy's own name in it.
        services: The services to discover.
        interval: The time between two polls of a service.

    """
    ordered = sorted(services, key=lambda service: service.name)
    settings = {
        "namespace": namespace,
        "proxy": proxy,
        "services": [asdict(service) for service in ordered],
        "interval": interval.total_seconds(),
    }
    return json.dumps(settings, separators=(",", ":"))
