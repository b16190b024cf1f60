"""Endpoints, made from Cloud Map's instances."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import cast

from discovery.cloud_map.client import Instance


@dataclass(frozen=True, order=True)
class Endpoint:
    """Where a task serves.

    Attributes:
        zone: Its zone; empty if its instance has none.
        address: Its IP address.
        port: Its TCP port.
        version: Its instance's attribute `version`; empty if it has none.
        weight: Its instance's attribute `weight`; 1 if it has none.

    """

    zone: str
    address: str
    port: int
    version: str = ""
    weight: int = 1


MAX_WEIGHT = 1_000_000
"""The weights of all tasks of a zone have to fit 32 bits (API reference: LbEndpoint)."""


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
    found: dict[tuple[str, str, int], Endpoint] = {}
    run_by: set[tuple[str, str]] = set()
    skipped = 0
    for instance in instances:
        endpoint = _endpoint(instance, port)
        run_by.add(_run_by(instance))
        if endpoint is None:
            skipped += 1
        else:
            # Of two instances with the same address, the order of Cloud Map's answer must not decide.
            key = (endpoint.zone, endpoint.address, endpoint.port)
            found[key] = min(endpoint, found.get(key, endpoint))
    run = frozenset(EcsService(*names) for names in run_by)
    return Converted(tuple(sorted(found.values())), skipped, run)


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
    return Endpoint(
        str(values.get("AVAILABILITY_ZONE") or ""),
        str(address),
        number,
        # ECS writes neither of the two (Developer Guide, "Service discovery concepts"). Whoever registers
        # instances by itself may.
        str(values.get("version") or ""),
        _weight(values.get("weight")),
    )


def _weight(given: object) -> int:
    """Return the weight that is `given`; 1 if it is none that Envoy takes."""
    text = str(given)
    return int(text) if text.isascii() and text.isdigit() and 1 <= int(text) <= MAX_WEIGHT else 1
