"""The addresses that clients dial to reach a proxy."""

from collections.abc import Iterator, Mapping
from typing import Any

from ecs_envoy.review.assembly.references import reference
from ecs_envoy.review.comparison import Side
from ecs_envoy.review.facts.ecs import EcsService
from ecs_envoy.review.facts.values import block, entries, text

_CALLS = "grpc"
"""The name of the listener for calls, in every bootstrap of ours; another one serves metrics."""


def port(service: EcsService) -> int | None:
    """Return the port that a proxy listens on for calls; None if its bootstrap does not say one."""
    for listener in _listeners(service):
        if listener.get("name") == _CALLS:
            found = block(listener, "address", "socket_address").get("port_value")
            return found if isinstance(found, int) else None
    return None


def uses_tls(service: EcsService) -> bool:
    """Return whether a proxy wants TLS from its clients."""
    return any(
        "transport_socket" in chain
        for listener in _listeners(service)
        if listener.get("name") == _CALLS
        for chain in entries(listener, "filter_chains")
    )


def _listeners(service: EcsService) -> Iterator[Mapping[str, Any]]:
    if service.bootstrap is not None:
        yield from entries(service.bootstrap, "static_resources", "listeners")


def own_name(side: Side, service: EcsService) -> str | None:
    """Return the DNS name under which Cloud Map lists a service's tasks; None if it has none."""
    for registry in entries(service.definition, "Properties", "ServiceRegistries"):
        found = reference(registry.get("RegistryArn"))
        if found is not None and found in side.template["Resources"]:
            return dns_name(side, side.template["Resources"][found].get("Properties", {}))
    return None


def aliases(side: Side, service: EcsService) -> tuple[str, ...]:
    """Return the other DNS names that lead to a proxy, such as `lessons.grpc.prod.local`."""
    own = own_name(side, service)
    found: set[str] = set()
    for definition in side.template["Resources"].values():
        if definition["Type"] != "AWS::ServiceDiscovery::Instance":
            continue
        properties: Mapping[str, Any] = definition.get("Properties", {})
        target = reference(properties.get("ServiceId"))
        leads_to = text(
            block(properties, "InstanceAttributes").get("AWS_INSTANCE_CNAME"), side.assembly.stacks
        )
        if own is not None and leads_to == own and target in side.template["Resources"]:
            found.add(dns_name(side, side.template["Resources"][target].get("Properties", {})))
    return tuple(sorted(found))


def dns_name(side: Side, properties: Mapping[str, Any]) -> str:
    """Return the DNS name of a Cloud Map service with these properties."""
    namespace = properties.get("NamespaceId", block(properties, "DnsConfig").get("NamespaceId"))
    resource = side.template["Resources"].get(reference(namespace) or "", {})
    name = resource.get("Properties", {}).get("Name", namespace)
    return f"{text(properties.get('Name'), side.assembly.stacks)}.{text(name, side.assembly.stacks)}"


def address(side: Side, service: EcsService) -> str | None:
    """Return what clients dial, such as `grpc.prod.local:50051`; None if no name leads to the proxy."""
    name, number = own_name(side, service), port(service)
    return f"{name}:{number}" if name and number else name
