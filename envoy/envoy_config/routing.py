"""Whether services can share one listener: each call has one service to go to."""

from collections.abc import Iterator, Sequence

from envoy_config.settings_error import KeyPath, dotted
from envoy_config.telemetry import ADMIN_CLUSTER, COLLECTOR_CLUSTER

OWN_CLUSTERS = {ADMIN_CLUSTER, COLLECTOR_CLUSTER}


class RoutingError(ValueError):
    """The services cannot share one listener."""


def routing_problems(services: Sequence[tuple[str, Sequence[str]]]) -> Iterator[tuple[str, KeyPath, str]]:
    """Yield what keeps `services` from sharing a listener: each is its name and its proto services.

    Yields:
        The name of a service, empty where it is none's in particular; the path of a setting of it; what is
        wrong and what would be right.

    """
    if not services:
        yield "", (), "there is no service to route to; give at least one"
    names: set[str] = set()
    owners: dict[str, str] = {}
    for name, grpc_services in services:
        if name in names:
            yield name, (), "two services have this name; give each its own"
        if name in OWN_CLUSTERS:
            yield name, (), "a cluster of the proxy's own has this name; give another"
        names.add(name)
        if not grpc_services and len(services) > 1:
            yield (
                name,
                ("grpc_services",),
                "missing, which only the sole service of a proxy may; list the proto services to route here",
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
    """Check that each call would have one service to go to.

    Raises:
        RoutingError: It would have none or two. The message has a line for each mistake.

    """
    lines = [
        ": ".join(part for part in (name, dotted(path), message) if part)
        for name, path, message in routing_problems(services)
    ]
    if lines:
        raise RoutingError("\n".join(lines))
