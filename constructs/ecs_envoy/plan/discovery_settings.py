"""What the discovery sidecar is told, as JSON on its command line; `discovery.settings` reads it."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta

import envoy_config

SIDECAR_PORT = 9902
"""The TCP port of the sidecar's `/ready`, `/metrics` and `/load`: the next one after Envoy's admin."""

INTERVAL = timedelta(seconds=1)
"""How often Cloud Map is asked for each service: a new task is found within it."""


@dataclass(frozen=True, kw_only=True)
class FollowedService:
    """A service that the sidecar follows.

    Attributes:
        name: Envoy's cluster.
        cloud_map_service: Its name in the namespace.
        port: The TCP port that tasks serve gRPC on.
        zone_aware: Whether Envoy is to prefer the tasks of its own zone.

    """

    name: str
    cloud_map_service: str
    port: int
    zone_aware: bool


def followed_services(routed: Iterable[tuple[envoy_config.Service, str]]) -> list[FollowedService]:
    """Return what the sidecar has to follow of `routed`: upstreams, each with its name in the namespace."""
    return [
        FollowedService(
            name=upstream.name,
            cloud_map_service=cloud_map_service,
            port=upstream.port,
            zone_aware=upstream.zone_aware,
        )
        for upstream, cloud_map_service in routed
        if upstream.discovery is envoy_config.Discovery.EDS
    ]


def discovery_settings(
    *, namespace: str, proxy: str, services: Sequence[FollowedService], interval: timedelta = INTERVAL
) -> str:
    """Return the sidecar's argument; the order of `services` does not matter.

    Args:
        namespace: The namespace's name.
        proxy: The proxy's own name in it.
        services: What to follow.
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
