"""The deployed bootstrap, moved to loopback: nothing but addresses and the resolver change."""

import json
from dataclasses import dataclass
from typing import Any

Bootstrap = dict[str, Any]


@dataclass(frozen=True)
class Route:
    """A cluster of the bootstrap: its DNS name, its port, and the proto services routed to it."""

    cluster: str
    dns_name: str
    port: int
    grpc_services: tuple[str, ...]


def localize(bootstrap: str, *, address: str, name_server: str, name_server_port: int) -> str:
    """Return `bootstrap` as one machine can run it.

    The listener and the admin interface bind `address` instead of every interface and
    127.0.0.1, which other programs use; names are asked of `name_server` instead of the VPC.
    """
    moved: Bootstrap = json.loads(bootstrap)
    moved["static_resources"]["listeners"][0]["address"]["socket_address"]["address"] = address
    moved["admin"]["address"]["socket_address"]["address"] = address
    moved["typed_dns_resolver_config"]["typed_config"]["resolvers"] = [
        {"socket_address": {"protocol": "UDP", "address": name_server, "port_value": name_server_port}}
    ]
    return json.dumps(moved, separators=(",", ":"))


def routes(bootstrap: str) -> list[Route]:
    """Return where `bootstrap` sends calls."""
    resources: Bootstrap = json.loads(bootstrap)["static_resources"]
    manager = resources["listeners"][0]["filter_chains"][0]["filters"][0]["typed_config"]
    claims: dict[str, list[str]] = {}
    for route in manager["route_config"]["virtual_hosts"][0]["routes"]:
        claims.setdefault(route["route"]["cluster"], []).append(route["match"]["prefix"].strip("/"))
    return [_route(cluster, claims[cluster["name"]]) for cluster in resources["clusters"]]


def _route(cluster: Bootstrap, claims: list[str]) -> Route:
    endpoint = cluster["load_assignment"]["endpoints"][0]["lb_endpoints"][0]["endpoint"]
    address = endpoint["address"]["socket_address"]
    # A service that takes every call is called by a name of our own.
    grpc_services = tuple(claim or "rehearsal.v1.Anything" for claim in claims)
    return Route(cluster["name"], address["address"], address["port_value"], grpc_services)
