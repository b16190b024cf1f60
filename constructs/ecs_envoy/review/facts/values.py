"""Values of a template as a reader sees them."""

import re
from collections.abc import Mapping
from typing import Any, cast

from ecs_envoy.review.assembly.combined import path_of
from ecs_envoy.review.assembly.json_value import Json
from ecs_envoy.review.assembly.reading import Stack

_REFERENCE = re.compile(r"\$\{([^!}][^}]*)\}")


def text(value: Json, stacks: Mapping[str, Stack]) -> str:
    """Return a value as text: a reference is its construct's path, as in `${dev-network/Vpc.CidrBlock}`."""
    match value:
        case str():
            return value
        case bool():
            return str(value).lower()
        case None:
            return ""
        case {"Ref": str(name)}:
            return f"${{{path_of(name, stacks)}}}"
        case {"Fn::GetAtt": [str(name), attribute]}:
            return f"${{{path_of(name, stacks)}.{attribute}}}"
        case {"Fn::Join": [str(separator), list(parts)]}:
            return separator.join(text(part, stacks) for part in parts)
        case {"Fn::Sub": str(template)} | {"Fn::Sub": [str(template), *_]}:
            return _REFERENCE.sub(lambda found: f"${{{_readable(found[1], stacks)}}}", template)
        case {"Fn::ImportValue": name}:
            return f"${{import {text(name, stacks)}}}"
        case list():
            return ", ".join(text(item, stacks) for item in value)
        case dict():
            return ", ".join(f"{key}: {text(item, stacks)}" for key, item in value.items())
        case _:
            return str(value)


def _readable(name: str, stacks: Mapping[str, Stack]) -> str:
    resource_id, dot, attribute = name.partition(".")
    return f"{path_of(resource_id, stacks)}{dot}{attribute}"


def settled(value: Json) -> Json:
    """Return a value without `Fn::If` around it: its first case that is anything."""
    match value:
        case {"Fn::If": [_, *cases]}:
            return next((settled(case) for case in cases if case != {"Ref": "AWS::NoValue"}), None)
        case _:
            return value


def block(value: Json | Mapping[str, Any], *path: str) -> Mapping[str, Any]:
    """Return the block at `path` within a value; an empty one where a template has something else."""
    found: Any = value
    for name in path:
        found = settled(cast("Mapping[str, Any]", found).get(name)) if isinstance(found, Mapping) else None
    return cast("Mapping[str, Any]", found) if isinstance(found, Mapping) else {}


def entries(value: Json | Mapping[str, Any], *path: str) -> list[Mapping[str, Any]]:
    """Return the blocks in the list at `path` within a value; none where a template has something else."""
    *above, last = path
    items = settled(block(value, *above).get(last))
    found = [settled(item) for item in items] if isinstance(items, list) else []
    return [item for item in found if isinstance(item, dict)]


def items(value: Json | Mapping[str, Any], *path: str) -> list[Json]:
    """Return the items of the list at `path` within a value, a single value as a list of one."""
    *above, last = path
    found = settled(block(value, *above).get(last))
    if found is None:
        return []
    return found if isinstance(found, list) else [found]
