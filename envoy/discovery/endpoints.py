"""Endpoints, made from Cloud Map's instances."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import cast

from discovery.cloud_map.client import Instance


@dataclass(frozen=True, order=True)
class Endpoint:
    """Where a task serves; `zone` is empty if its instance has no zone."""

    zone: str
    address: str
    port: int


@dataclass(frozen=True)
class Converted:
    """The endpoints of a list of instances, sorted, and the number of instances that gave no endpoint."""

    endpoints: tuple[Endpoint, ...]
    skipped: int


def convert(instances: Iterable[Instance], port: int) -> Converted:
    """Return the endpoints of `instances`; `port` is for instances without a port attribute.

    An instance is skipped if it has no IP address (an alias, a CNAME) or no valid port.
    """
    found: set[Endpoint] = set()
    skipped = 0
    for instance in instances:
        endpoint = _endpoint(instance, port)
        if endpoint is None:
            skipped += 1
        else:
            found.add(endpoint)
    return Converted(tuple(sorted(found)), skipped)


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
    if address.is_unspecified or address.is_multicast or not 1 <= number <= 65535:
        return None
    return Endpoint(str(values.get("AVAILABILITY_ZONE") or ""), str(address), number)
