"""Which proxy forwards which calls to which service, on both sides."""

from collections.abc import Iterator

from ecs_envoy.review.comparison import Side
from ecs_envoy.review.facts.ecs import EcsService
from ecs_envoy.review.facts.sides import Sides
from ecs_envoy.review.facts.upstreams import Upstream, upstreams


def routed(side: Side, name: str) -> Iterator[tuple[EcsService, Upstream]]:
    """Yield each proxy that forwards to the service `name`, with what it knows of it."""
    for service in side.services.values():
        found = upstreams(service).get(name)
        if found is not None:
            yield service, found


def proto_services(side: Side, name: str) -> frozenset[str]:
    """Return the proto services whose calls proxies forward to the service `name`."""
    return frozenset(proto for _, found in routed(side, name) for proto in found.proto_services)


def removed_services(sides: Sides) -> list[EcsService]:
    """Return the services that are not there any more, under their id or another one."""
    kept = {before.id for before, _ in sides.services}
    return [service for service in sides.base.services.values() if service.id not in kept]


def added_services(sides: Sides) -> list[EcsService]:
    """Return the services that were not there, under their id or another one."""
    kept = {after.id for _, after in sides.services}
    return [service for service in sides.head.services.values() if service.id not in kept]


def renamed_services(sides: Sides) -> list[tuple[EcsService, EcsService]]:
    """Return each service that goes with the one that comes in its place: the same image and calls."""
    added = added_services(sides)
    found: list[tuple[EcsService, EcsService]] = []
    for old in removed_services(sides):
        same = [
            new
            for new in added
            if _images(old) == _images(new)
            and old.is_proxy == new.is_proxy
            and proto_services(sides.base, old.name) == proto_services(sides.head, new.name)
        ]
        if same:
            added.remove(same[0])
            found.append((old, same[0]))
    return found


def heirs(sides: Sides, proxy: EcsService, proto: str) -> list[str]:
    """Return the services that take the calls of a proto service at a proxy of `base` after the change."""
    return [
        upstream.name
        for before, after in sides.services
        if before.id == proxy.id
        for upstream in upstreams(after).values()
        if proto in upstream.proto_services
    ]


def _images(service: EcsService) -> set[str]:
    return {container.image for container in service.containers.values() if container.essential}
