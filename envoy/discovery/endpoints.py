"""Cloud Map's instances as endpoints."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import cast

from discovery.cloud_map import Instance


@dataclass(frozen=True, order=True)
class Endpoint:
    """Where a task serves; the zone is empty where its instance names none."""

    zone: str
    address: str
    port: int


@dataclass(frozen=True)
class Converted:
    """The endpoints of a list of instances, in order, and how many instances have none."""

    endpoints: tuple[Endpoint, ...]
    skipped: int


def convert(instances: Iterable[Instance], port: int) -> Converted:
    """Return the endpoints of `instances`; `port` is that of instances which name none.

    An instance without an IP address of its own (an alias, a CNAME), or with a port that is
    none, is skipped.
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
    named = cast("Mapping[str, object]", attributes)
    own = named.get("AWS_INSTANCE_PORT", port)
    try:
        address = ip_address(str(named.get("AWS_INSTANCE_IPV4") or named.get("AWS_INSTANCE_IPV6") or ""))
        number = int(str(own))
    except ValueError:
        return None
    if address.is_unspecified or address.is_multicast or not 1 <= number <= 65535:
        return None
    return Endpoint(str(named.get("AVAILABILITY_ZONE") or ""), str(address), number)
