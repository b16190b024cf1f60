"""Endpoints, made from Cloud Map's instances."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import cast

from discovery.cloud_map.client import Instance


@dataclass(frozen=True, order=True)
class Endpoint:
    """Where a task serves; `zone` is empty if its instance has no zone."""

    zone: str
    address: str
    port: int


@dataclass(frozen=True, order=True)
class EcsService:
    """An ECS service that runs tasks of a list, by its ECS cluster and its name; empty if ECS does not."""

    ecs_cluster: str
    name: str


@dataclass(frozen=True)
class Converted:
    """The endpoints of a list of tasks.

    Attributes:
        endpoints: The endpoints, sorted.
        skipped: The number of tasks that gave no endpoint.
        run_by: The ECS services whose tasks are listed.

    """

    endpoints: tuple[Endpoint, ...]
    skipped: int
    run_by: frozenset[EcsService] = frozenset()


def convert(instances: Iterable[Instance], port: int) -> Converted:
    """Return the endpoints of `instances`; `port` is for instances without a port attribute.

    An instance is skipped if it has no IP address (an alias, a CNAME) or no valid port.
    """
    found: set[Endpoint] = set()
    run_by: set[tuple[str, str]] = set()
    skipped = 0
    for instance in instances:
        endpoint = _endpoint(instance, port)
        run_by.add(_run_by(instance))
        if endpoint is None:
            skipped += 1
        else:
            found.add(endpoint)
    return Converted(tuple(sorted(found)), skipped, frozenset(EcsService(*names) for names in run_by))


def _run_by(instance: Instance) -> tuple[str, str]:
    """Return the names that ECS gives to each instance (Developer Guide, Service discovery concepts)."""
    values = instance.get("Attributes")
    if not isinstance(values, dict):
        return "", ""
    attributes = cast("Mapping[str, object]", values)
    return str(attributes.get("ECS_CLUSTER_NAME") or ""), str(attributes.get("ECS_SERVICE_NAME") or "")


def _endpoint(instance: Instance, port: int) -> Endpoint | None:
    attributes = instance.get("Attributes")
    if not isinstance(attributes, dict):
        return None
    values = cast("Mapping[str, object]", attributes)
    try:
        address = ip_address(str(values.get("AWS_INSTANCE_IPV4") or values.get("AWS_INSTANCE_IPV6") or ""))
        number = int(str(values.get("AWS_INSTANCE_PORT", port)))
    except ValueError:
        return None
    # Envoy knows no zones of IPv6, as in fe80::1%eth0.
    has_zone = isinstance(address, IPv6Address) and address.scope_id is not None
    if has_zone or address.is_unspecified or address.is_multicast or not 1 <= number <= 65535:
        return None
    return Endpoint(str(values.get("AVAILABILITY_ZONE") or ""), str(address), number)
