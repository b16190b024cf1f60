"""Reads a mesh into what a configuration file is written from."""

import re
from collections.abc import Sequence

from ecs_envoy.importing.app_mesh.gateways import read_gateway_routes, read_gateways
from ecs_envoy.importing.app_mesh.nodes import read_nodes
from ecs_envoy.importing.app_mesh.resources import Mesh, read_mesh
from ecs_envoy.importing.app_mesh.routes import read_providers, read_routes
from ecs_envoy.importing.found import Found
from ecs_envoy.importing.routing import route_services

_ARN = re.compile(r"arn:[a-z-]+:appmesh:([a-z0-9-]+):(\d{12}):")


def import_app_mesh(documents: Sequence[object]) -> Found:
    """Return what the mesh in `documents`, outputs of AWS's CLI, is in our words.

    Raises:
        BadImportError: The documents are not the description of a mesh.

    """
    mesh = read_mesh(documents)
    found = Found(source=f"From the mesh {_name(mesh)} of App Mesh")
    _account(mesh, found)
    read_gateways(mesh, found)
    nodes = read_nodes(mesh, found)
    providers = read_providers(mesh, found)
    routes = list(read_routes(mesh, providers, nodes, found))
    routes += read_gateway_routes(mesh, providers, nodes, routes, found)
    found.routes = routes
    _note_defaults(mesh, found)
    if found.services:
        route_services(found)
    return found


def _name(mesh: Mesh) -> str:
    names = {part.text("meshName") for kind in mesh.found for part in mesh.of(kind)}
    return ", ".join(sorted(name for name in names if name)) or "without a name"


def _account(mesh: Mesh, found: Found) -> None:
    for kind in mesh.found:
        for part in mesh.of(kind):
            if match := _ARN.match(part["metadata"].text("arn") or ""):
                found.region, found.account = match[1], match[2]
                return


def _note_defaults(mesh: Mesh, found: Found) -> None:
    for part in mesh.of("mesh"):
        if part["spec"]["egressFilter"].text("type") == "DROP_ALL":
            cure = "let security groups of your tasks decide what they may connect to"
            found.note(
                "mesh: egressFilter DROP_ALL", "the proxy is not in the way of other connections", cure
            )
    if any("timeout" not in route.policy for route in found.routes):
        # "GrpcTimeout" in App Mesh's API reference.
        found.note(
            "default timeout",
            "App Mesh ends a call after 15 s where a route says nothing, and the proxy does not",
            "give policy.timeout: 15s if your clients rely on it; streams then need streaming_methods",
        )
