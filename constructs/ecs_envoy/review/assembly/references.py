"""The references within a value of a combined template."""

import re
from collections.abc import Iterator

from ecs_envoy.review.assembly.json_value import Json

_IN_SUB = re.compile(r"\$\{([^!}.]+)[^}]*\}")


def reference(value: Json) -> str | None:
    """Return the id that `value` refers to; None if it is no reference to a resource or a parameter."""
    match value:
        case {"Ref": str(name)} if "/" in name:
            return name
        case {"Fn::GetAtt": [str(name), _]}:
            return name
        case _:
            return None


def references(value: Json) -> Iterator[str]:
    """Yield each id that something within `value` refers to."""
    if (found := reference(value)) is not None:
        yield found
        return
    match value:
        case {"Fn::Sub": str(text)} | {"Fn::Sub": [str(text), *_]}:
            yield from (name for name in _IN_SUB.findall(text) if "/" in name)
            if isinstance(value["Fn::Sub"], list):
                yield from references(value["Fn::Sub"][1:])
        case dict():
            for item in value.values():
                yield from references(item)
        case list():
            for item in value:
                yield from references(item)
        case _:
            pass
