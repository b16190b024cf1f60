"""The services that a proxy forwards to, as its bootstrap and its sidecar's settings say."""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ecs_envoy.review.assembly.json_value import Json
from ecs_envoy.review.facts.discovery_settings import discovery_settings
from ecs_envoy.review.facts.ecs import EcsService
from ecs_envoy.review.facts.values import block, entries
from envoy_config.routing import OWN_CLUSTERS

CLOUD_MAP, ECS, DNS, FIXED = "Cloud Map's API", "ECS's API", "DNS", "fixed addresses"

SIDECAR = "discovery"
"""The name of the container that asks AWS for tasks, so that Envoy need not."""

_PROTO_SERVICE = re.compile(r"/([\w.]+)/")


@dataclass(frozen=True, kw_only=True)
class Upstream:
    """A service that a proxy forwards to.

    Attributes:
        name: Its name.
        found_by: How Envoy finds its tasks.
        proto_services: The proto services whose calls go there.
        health_checked: Whether Envoy checks the health of its tasks.
        ejects: Whether Envoy ejects tasks that answer with errors.

    """

    name: str
    found_by: str
    proto_services: frozenset[str]
    health_checked: bool
    ejects: bool


def upstreams(proxy: EcsService) -> dict[str, Upstream]:
    """Return what a proxy forwards to, by name; empty for an ECS service that is no proxy."""
    if proxy.bootstrap is None:
        return {}
    resources = block(proxy.bootstrap, "static_resources")
    routed: dict[str, set[str]] = {}
    for cluster, prefix in _routes(resources.get("listeners")):
        if (found := _PROTO_SERVICE.fullmatch(prefix)) is not None:
            routed.setdefault(cluster, set()).add(found[1])
    in_ecs = {s.get("name") for s in followed(proxy) if s.get("ecs_service")}
    return {
        name: Upstream(
            name=name,
            found_by=_found_by(cluster, in_ecs=name in in_ecs),
            proto_services=frozenset(routed.get(name, ())),
            health_checked=bool(cluster.get("health_checks")),
            ejects="outlier_detection" in cluster,
        )
        for cluster in entries(resources, "clusters")
        if (name := str(cluster.get("name"))) not in OWN_CLUSTERS
    }


def _found_by(cluster: Mapping[str, Any], *, in_ecs: bool) -> str:
    if cluster.get("type") == "EDS":
        return ECS if in_ecs else CLOUD_MAP
    kind = block(cluster, "cluster_type").get("name", "") or cluster.get("type", "")
    return DNS if "dns" in str(kind).lower() else FIXED


def _routes(value: Json) -> Iterator[tuple[str, str]]:
    """Yield the cluster and the prefix of each route."""
    match value:
        case {"match": {"prefix": str(prefix)}, "route": {"cluster": str(cluster)}}:
            yield cluster, prefix
        case dict():
            for item in value.values():
                yield from _routes(item)
        case list():
            for item in value:
                yield from _routes(item)
        case _:
            pass


def followed(proxy: EcsService) -> list[Mapping[str, Any]]:
    """Return the services that a proxy's sidecar follows, as its settings say."""
    sidecar = proxy.containers.get(SIDECAR)
    if sidecar is None or not sidecar.command:
        return []
    with suppress(ValueError, KeyError, TypeError):  # somebody else's container of the same name
        return entries(discovery_settings(sidecar.command[0]), "services")
    return []


def connections(proxy: EcsService) -> int | None:
    """Return how many client connections each task of a proxy takes."""
    return _first(_plain(proxy), "max_active_downstream_connections")


def heap(proxy: EcsService) -> int | None:
    """Return how much memory Envoy may use in each task of a proxy, in MiB."""
    found = _first(_plain(proxy), "max_heap_size_bytes")
    return None if found is None else round(found / 2**20)


def _plain(proxy: EcsService) -> Json:
    return dict(proxy.bootstrap) if proxy.bootstrap else None


def _first(value: Json, key: str) -> int | None:
    match value:
        case dict():
            if (number := str(value.get(key, ""))).isdecimal():
                return int(number)
            items = list(value.values())
        case list():
            items = value
        case _:
            return None
    return next((found for item in items if (found := _first(item, key)) is not None), None)
