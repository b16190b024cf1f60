"""The resources of a mesh, from the outputs of `aws appmesh describe-...` and `list-...`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import cast

from ecs_envoy.importing.part import BadImportError, Part
from envoy_config.values import shown

_NAMES = {
    "mesh": "meshName",
    "virtualNode": "virtualNodeName",
    "virtualRouter": "virtualRouterName",
    "route": "routeName",
    "virtualService": "virtualServiceName",
    "virtualGateway": "virtualGatewayName",
    "gatewayRoute": "gatewayRouteName",
}
"""The kinds of resources, with the key of their names ("API_Reference" of App Mesh, 2019-01-25)."""

_LISTS = {"meshes": "mesh", **{f"{kind}s": kind for kind in _NAMES if kind != "mesh"}}
_COMMANDS = {
    "mesh": "describe-mesh",
    "virtualNode": "describe-virtual-node",
    "virtualRouter": "describe-virtual-router",
    "route": "describe-route",
    "virtualService": "describe-virtual-service",
    "virtualGateway": "describe-virtual-gateway",
    "gatewayRoute": "describe-gateway-route",
}


@dataclass
class Mesh:
    """The resources of a mesh by kind, each list in the order of the file."""

    found: dict[str, list[Part]] = field(default_factory=lambda: {kind: [] for kind in _NAMES})

    def of(self, kind: str) -> list[Part]:
        """Return the resources of a kind, such as `virtualNode`."""
        return self.found[kind]


def read_mesh(documents: Sequence[object]) -> Mesh:
    """Return the resources in `documents`.

    Raises:
        BadImportError: There are none, or one is listed and not described.

    """
    mesh, listed = Mesh(), list[tuple[str, str, str]]()
    for path, value in _objects(documents):
        _add(mesh, listed, Part(value, path))
    if not any(mesh.found.values()):
        cure = "give outputs of `aws appmesh describe-virtual-node` and the others: see docs/import.md"
        raise BadImportError(f"has no resource of App Mesh; {cure}")
    if not mesh.of("virtualNode"):
        cure = "add the output of `aws appmesh describe-virtual-node` for each"
        raise BadImportError(f"has no virtual node, so nothing says where the tasks are; {cure}")
    for kind, name, path in listed:
        if all(part.text(_NAMES[kind]) != name for part in mesh.of(kind)):
            cure = f"add the output of `aws appmesh {_COMMANDS[kind]}` for it"
            raise BadImportError(f"{path}: {kind} {shown(name)} is listed, but not described; {cure}")
    return mesh


def _objects(documents: Sequence[object]) -> Iterator[tuple[str, dict[str, object]]]:
    """Yield each object of the file with its path; lists of objects are flattened."""
    for index, document in enumerate(documents):
        start = f"[{index}]" if len(documents) > 1 else ""
        several = isinstance(document, list)
        values = cast("list[object]", document) if several else [document]
        for number, value in enumerate(values):
            path = f"{start}[{number}]" if several else start
            if not isinstance(value, dict):
                cure = 'give an object such as {"virtualNode": {...}}'
                raise BadImportError(
                    f"{path or 'the file'}: {shown(value)} is not a resource of App Mesh; {cure}"
                )
            yield path, cast("dict[str, object]", value)


def _add(mesh: Mesh, listed: list[tuple[str, str, str]], part: Part) -> None:
    kinds = [kind for kind in _NAMES if part.has(kind)]
    lists = [key for key in _LISTS if key in part.values]
    for kind in kinds:
        _described(mesh, kind, part[kind])
    for key in lists:
        kind = _LISTS[key]
        for entry in part.parts(key):
            inner = entry[kind] if entry.has(kind) else entry
            if inner.has("spec"):
                _described(mesh, kind, inner)
            else:  # what `aws appmesh list-...` writes
                listed.append((kind, inner.needed(_NAMES[kind]), inner.path))
    if kinds or lists:
        return
    whole = next((kind for kind in reversed(_NAMES) if part.has(_NAMES[kind]) and part.has("spec")), None)
    if whole is None:
        known = ", ".join(_NAMES)
        raise BadImportError(
            f"{part.path or 'the file'}: {shown(next(iter(part.values), ''))} is no resource of App Mesh; "
            f"give one of {known}"
        )
    # `--query virtualNode` writes the resource alone. A route has the name of its router, too.
    named = [kind for kind in ("gatewayRoute", "route") if part.has(_NAMES[kind])]
    _described(mesh, named[0] if named else whole, part)


def _described(mesh: Mesh, kind: str, part: Part) -> None:
    name = part.needed(_NAMES[kind])
    router = part.text("virtualRouterName") if kind == "route" else None
    same = (
        other
        for other in mesh.of(kind)
        if other.text(_NAMES[kind]) == name
        and (kind != "route" or other.text("virtualRouterName") == router)
        and (kind != "gatewayRoute" or other.text("virtualGatewayName") == part.text("virtualGatewayName"))
    )
    if first := next(same, None):
        cure = "give the file of one mesh, with each resource once"
        raise BadImportError(f"{part.path}: {kind} {shown(name)} is already at {first.path}; {cure}")
    mesh.of(kind).append(part)
