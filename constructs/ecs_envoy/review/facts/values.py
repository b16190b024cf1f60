"""Values of a template as a reader sees them."""

import re
from collections.abc import Mapping

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
