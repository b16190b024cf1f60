"""Reads an Envoy bootstrap into what a configuration file is written from."""

from collections.abc import Iterator, Sequence
from typing import cast

from ecs_envoy.importing.envoy.clusters import read_clusters
from ecs_envoy.importing.envoy.filters import filter_policy
from ecs_envoy.importing.envoy.names import snake_case
from ecs_envoy.importing.envoy.routes import Entry, clusters_of, is_grpc, mirrors_of, read_route
from ecs_envoy.importing.found import Found
from ecs_envoy.importing.part import BadImportError, Part
from ecs_envoy.importing.routing import route_services
from envoy_config.values import shown

_HCM = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"


def import_envoy(documents: Sequence[object]) -> Found:
    """Return what the only bootstrap in `documents` is in our words.

    Raises:
        BadImportError: The document is not a bootstrap of API v3.

    """
    if len(documents) > 1:
        raise BadImportError(f"has {len(documents)} documents; give one bootstrap")
    first: object = documents[0]
    if not isinstance(first, dict):
        raise BadImportError(f"{shown(first)} is not a bootstrap; give one with static_resources")
    root = Part(cast("dict[str, object]", snake_case(documents[0])), "")
    if root.has("resources") and not root.has("static_resources"):
        raise BadImportError(
            "is an answer of a control plane; give the bootstrap, with its routes and clusters in it"
        )
    resources = root["static_resources"]
    if not resources.values:
        cure = "give the bootstrap of an Envoy, with listeners and clusters"
        raise BadImportError(f"static_resources: missing, so there are no routes and no clusters; {cure}")
    found = Found(source="From an Envoy bootstrap")
    if root.has("dynamic_resources"):
        cure = "only what is in the file can be read; `curl localhost:9901/config_dump` shows the rest"
        found.note("dynamic_resources", "a control plane gives the rest", cure)
    clusters = {part.needed("name"): part for part in resources.parts("clusters")}
    entries = [entry for entry in _entries(resources, found) if is_grpc(entry, found)]
    used = {name for entry in entries for name, _ in clusters_of(entry)}
    used |= {name for entry in entries for name in mirrors_of(entry)}
    names = read_clusters(clusters, used, found)
    found.routes = [route for entry in entries for route in read_route(entry, names, found)]
    if any("timeout" not in entry.part["route"].values for entry in entries):
        found.note(
            "default timeout",
            "Envoy ends a call after 15 s where a route says nothing, and the proxy does not",
            "give policy.timeout: 15s if your clients rely on it; streams then need streaming_methods",
        )
    if found.services:
        route_services(found)
    return found


def _entries(resources: Part, found: Found) -> Iterator[Entry]:
    """Yield the routes of all listeners in the order in which they are tried."""
    for listener in resources.parts("listeners"):
        name = listener.text("name") or "without a name"
        address = listener["address"]["socket_address"]
        for chain in listener.parts("filter_chains"):
            if chain.has("transport_socket"):
                cure = "end TLS before the proxy, at an NLB with a TLS listener"
                found.note(f"listener {name}: transport_socket", "the proxy serves gRPC in plain text", cure)
            for part in chain.parts("filters"):
                config = part["typed_config"]
                if (config.text("@type") or "").endswith(_HCM):
                    port = address.whole("port_value")
                    yield from _of_manager(config, name, found)
                    if any(
                        route
                        for host in config["route_config"].parts("virtual_hosts")
                        for route in host.parts("routes")
                    ):
                        found.port = found.port or (port if port and port >= 1024 else None)
                elif not (part.text("name") or "").endswith("connection_limit"):
                    what = part.text("name") or "a filter without a name"
                    found.note(f"listener {name}: {what}", "the proxy carries gRPC only", "it is left out")


def _of_manager(config: Part, listener: str, found: Found) -> Iterator[Entry]:
    place = f"listener {listener}"
    if config.has("rds"):
        cure = "put the route configuration into the bootstrap: `curl localhost:9901/config_dump` shows it"
        found.note(f"{place}: rds", "a control plane gives its routes", cure)
    filters = {part.text("name") or "": part["typed_config"] for part in config.parts("http_filters")}
    policy = filter_policy(filters, place, found)
    for host in config["route_config"].parts("virtual_hosts"):
        whose = host.text("name") or "without a name"
        for number, route in enumerate(host.parts("routes")):
            label = (
                route.text("name") or route["match"].text("path") or route["match"].text("prefix") or number
            )
            yield Entry(part=route, host=host, place=f"route {label} of {whose}", listener_policy=policy)
