"""The settings of the discovery sidecar, as JSON on its command line; `discovery.settings` reads it."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta

from ecs_envoy.plan.discovery import INTERVAL
from ecs_envoy.plan.packed_bootstrap import pack
from ecs_envoy.plan.reach.service_location import InEcs
from ecs_envoy.plan.service_plan import ServicePlan
from envoy_config.model import XDS_ADDRESS, XDS_PORT


@dataclass(frozen=True, kw_only=True)
class FollowedService:
    """A service that the sidecar discovers: in Cloud Map, or in ECS itself.

    Attributes:
        name: The name of Envoy's cluster.
        cloud_map_service: The service's name in its namespace; None if ECS lists its tasks.
        port: The TCP port that tasks serve gRPC on.
        zone_aware: Whether Envoy should prefer tasks of its own zone.
        cloud_map_health: Whether Cloud Map's health decides which tasks are listed.
        namespace: The id of that namespace; None for the proxy's own.
        ecs_cluster: The name of the ECS cluster whose tasks are listed; None if Cloud Map lists them.
        ecs_service: The service's name in it.
        health_check_port: The TCP port that Envoy checks; None for `port`.

    """

    name: str
    cloud_map_service: str | None = None
    port: int
    zone_aware: bool
    cloud_map_health: bool
    namespace: str | None = None
    ecs_cluster: str | None = None
    ecs_service: str | None = None
    health_check_port: int | None = None


def followed_services(services: Iterable[ServicePlan], *, namespace: str) -> list[FollowedService]:
    """Return the services that the sidecar of a proxy in `namespace`, an id, has to discover."""
    return [_followed(service, namespace) for service in services if service.discovery == "cloud_map"]


def _followed(service: ServicePlan, own_namespace: str) -> FollowedService:
    location = service.location
    listed, in_ecs = service.listed_in, location if isinstance(location, InEcs) else None
    return FollowedService(
        name=service.name,
        port=service.upstream.port,
        zone_aware=service.policy.load_balancing.weighs_zones,
        cloud_map_health=service.cloud_map_health,
        cloud_map_service=listed.service if listed else None,
        namespace=listed.namespace_id if listed and listed.namespace_id != own_namespace else None,
        ecs_cluster=in_ecs.ecs_cluster if in_ecs else None,
        ecs_service=in_ecs.ecs_service if in_ecs else None,
        health_check_port=service.policy.health_check.port,
    )


def discovery_settings(
    *,
    namespace: str,
    proxy: str,
    services: Sequence[FollowedService],
    interval: timedelta = INTERVAL,
    stream: bool = False,
) -> str:
    """Return the sidecar's argument; the order of `services` does not matter.

    Args:
        namespace: The namespace's id.
        proxy: The proxy's own name in it.
        services: The services to discover.
        interval: The time between two polls of a service.
        stream: Whether Envoy gets the endpoints by a stream, and not from files. The services are then so
            many that they are packed, to leave space for Envoy's bootstrap in the task definition.

    """
    ordered = sorted(services, key=lambda service: service.name)
    listed = [_given(service) for service in ordered]
    settings = {
        "namespace": namespace,
        "proxy": proxy,
        "services": pack(json.dumps(listed, separators=(",", ":"))) if stream else listed,
        "interval": interval.total_seconds(),
        **({"xds": f"{XDS_ADDRESS}:{XDS_PORT}"} if stream else {}),
    }
    return json.dumps(settings, separators=(",", ":"))


def with_events(settings: str, *, queue: str, ecs_cluster: str) -> str:
    """Return the sidecar's argument `settings` with the queue of ECS's events of `ecs_cluster`.

    Args:
        settings: The argument without it.
        queue: The URL of the queue, which is known only at deployment.
        ecs_cluster: The name of the ECS cluster.

    """
    values = {**json.loads(settings), "queue": queue, "ecs_cluster": ecs_cluster}
    return json.dumps(values, separators=(",", ":"))


def _given(service: FollowedService) -> dict[str, object]:
    return {key: value for key, value in asdict(service).items() if value is not None}
