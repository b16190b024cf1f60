"""Checks whether services can share one listener: each call must go to exactly one service."""

from collections.abc import Iterator, Sequence

from envoy_config.settings_error import KeyPath, dotted
from envoy_config.telemetry import ADMIN_CLUSTER, COLLECTOR_CLUSTER

OWN_CLUSTERS = {ADMIN_CLUSTER, COLLECTOR_CLUSTER}


class RoutingError(ValueError):
    """The services cannot share one listener."""


def routing_problems(services: Sequence[tuple[str, Sequence[str]]]) -> Iterator[tuple[str, KeyPath, str]]:
    """Yield why `services` cannot share a listener; each is given as its name and its proto services.

    Yields:
        The name of a service, empty if the problem concerns no single service; the path of one of its
        settings; what is wrong and what to give instead.

    """
    if not services:
        yield "", (), "there is no service to route to; give at least one"
    names: set[str] = set()
    owners: dict[str, str] = {}
    for name, grpc_services in services:
        if name in names:
            yield name, (), "two services have this name; give each its own name"
        if name in OWN_CLUSTERS:
            yield name, (), "the proxy has an internal cluster of this name; give another name"
        names.add(name)
        if not grpc_services and len(services) > 1:
            yield (
                name,
                ("grpc_services",),
                "missing, although the proxy has several services; list the proto services to route here",
            )
        for index, proto_service in enumerate(grpc_services):
            if proto_service in owners:
                yield (
                    name,
                    ("grpc_services", index),
                    f"{proto_service} is already routed to {owners[proto_service]}; remove one of the two",
                )
            owners.setdefault(proto_service, name)


def check_routing(services: Sequence[tuple[str, Sequence[str]]]) -> None:
    """Check that each call goes to exactly one service.

    Raises:
        RoutingError: A call would go to no service or to two. The message has a line for each mistake.

    """
    lines = [
        ": ".join(part for part in (name, dotted(path), message) if part)
        for name, path, message in routing_problems(services)
    ]
    if lines:
        raise RoutingError("\n".join(lines))
