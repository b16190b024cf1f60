"""Where the tasks of a service are listed, and how a proxy reaches them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ecs_envoy.plan.discovery import DISCOVERY, Discovery
from ecs_envoy.plan.rules import Rule
from ecs_envoy.settings.reach.port_range import PortRange
from envoy_config.settings_error import Finding


@dataclass(frozen=True, kw_only=True)
class InCloudMap:
    """A service of a Cloud Map namespace lists its tasks.

    Attributes:
        service: Its name in the namespace.
        namespace: The name of the namespace.
        namespace_id: Its id.
        has_dns: Whether Route 53 has records of its names; an HTTP namespace has none.

    """

    service: str
    namespace: str
    namespace_id: str
    has_dns: bool = True


@dataclass(frozen=True, kw_only=True)
class AtAddress:
    """A DNS name has an A record for each of its tasks, or for what stands before them."""

    host: str
    port: int


@dataclass(frozen=True, kw_only=True)
class InEcs:
    """ECS itself lists its tasks: no registry knows them.

    Attributes:
        ecs_cluster: The name of its ECS cluster.
        ecs_service: Its name in the cluster.

    """

    ecs_cluster: str
    ecs_service: str


Location = InCloudMap | AtAddress | InEcs


def dns_name(location: Location) -> str | None:
    """Return the DNS name of the tasks at `location`; None if DNS does not know them."""
    if isinstance(location, AtAddress):
        return location.host
    if isinstance(location, InCloudMap) and location.has_dns:
        return f"{location.service}.{location.namespace}"
    return None


def discovery_at(location: Location, chosen: Discovery | None) -> Discovery:
    """Return how a proxy finds the tasks at `location`, if it does not have to be as `chosen`."""
    if isinstance(location, AtAddress):
        return "dns"
    return "cloud_map" if isinstance(location, InEcs) else chosen or DISCOVERY


def split_address(address: str) -> AtAddress:
    """Return the location that `address`, such as `lessons.corp:50051`, names."""
    host, _, port = address.rpartition(":")
    return AtAddress(host=host, port=int(port))


@dataclass(frozen=True, kw_only=True)
class ExistingEntry:
    """What the rules check of a service that something else deploys.

    Attributes:
        given: The names of the settings that are given of `cloud_map_service`, `address` and `ecs_service`.
        location: Where its tasks are listed; None unless it is given once.
        discovery: How the proxy finds them, if it is given.
        gives_port: Whether the port is given by itself.
        namespace_given: Whether a namespace of its own is given.
        instance_ports: The ports of instances that each have their own; None if all have one port.
        has_security_group: Whether the security group of its tasks is given.
        cidrs: The IPv4 blocks that its tasks are in, if they are given.

    """

    given: Sequence[str]
    location: Location | None
    discovery: Discovery | None
    gives_port: bool
    namespace_given: bool
    instance_ports: PortRange | None
    has_security_group: bool
    cidrs: Sequence[str]


def _one_location(entry: ExistingEntry) -> Iterator[Finding]:
    if not entry.given:
        cure = "cloud_map_service, ecs_service (its ECS cluster and name) or address (a DNS name and a port)"
        yield (), f"does not say where its tasks are; give {cure}"
    elif len(entry.given) > 1:
        first, *others = entry.given
        yield (others[0],), f"is given together with {first}, and each says where its tasks are; give one"


def _namespace(entry: ExistingEntry) -> Iterator[Finding]:
    if entry.namespace_given and "cloud_map_service" not in entry.given:
        yield ("namespace",), "is only for a cloud_map_service; remove it"


def _discovery(entry: ExistingEntry) -> Iterator[Finding]:
    here, location = ("discovery",), entry.location
    if entry.discovery is None:
        return
    if isinstance(location, AtAddress):
        yield here, "an address is always found by DNS; remove it"
    elif isinstance(location, InEcs):
        yield here, "ECS's own API lists the tasks of an ecs_service; remove it"
    elif isinstance(location, InCloudMap) and entry.discovery == "dns" and not location.has_dns:
        yield here, "an HTTP namespace has no DNS; give cloud_map, or remove it"


def _ports(entry: ExistingEntry) -> Iterator[Finding]:
    if isinstance(entry.location, AtAddress) and entry.gives_port:
        yield ("port",), "is given together with address, which has a port; remove it"
    ports, here = entry.instance_ports, ("instance_ports",)
    if ports is None:
        return
    if entry.location and not isinstance(entry.location, InCloudMap):
        yield here, "only Cloud Map has a port for each instance; remove it"
    elif entry.discovery == "dns":
        yield here, "an A record has no port; give discovery: cloud_map"
    elif ports.first > ports.last:
        yield here, f"{ports.first} is above {ports.last}; give the first port and the last"


def _reach(entry: ExistingEntry) -> Iterator[Finding]:
    if entry.has_security_group and entry.cidrs:
        yield ("cidrs",), "is given together with security_group, which opens less; give one of the two"
    if isinstance(entry.location, AtAddress) and not entry.has_security_group and not entry.cidrs:
        problem = "missing, and a security group opens no address by its DNS name"
        yield ("cidrs",), f"{problem}; give the IPv4 blocks that it leads to, or security_group"


EXISTING_RULES: tuple[Rule[ExistingEntry], ...] = (_one_location, _namespace, _discovery, _ports, _reach)
