"""What the keys of our configuration mean, as its schema says."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from ecs_envoy.configuration.schema import schema
from ecs_envoy.review.assembly.json_value import Json


@dataclass(frozen=True, kw_only=True)
class KnownKey:
    """A key of our configuration.

    Attributes:
        description: What it is, such as `time to open a connection to a task`.
        default: Its value where a file has none; None if it has no simple one.

    """

    description: str
    default: Json


def is_ours(values: Json) -> bool:
    """Return whether a file is a configuration of ours: an app of its own may have keys of the same name."""
    return (
        isinstance(values, dict) and "environment" in values and set(values) <= set(_schema()["properties"])
    )


def known(path: Sequence[str]) -> KnownKey | None:
    """Return what the key at a path such as `("services", "lessons", "tasks")` is; None if it is no key."""
    found: Mapping[str, Any] = _schema()
    for name in path:
        step = next((inner for node in _variants(found) if (inner := _below(node, name)) is not None), None)
        if step is None:
            return None
        found = step
    default = found.get("default")
    return KnownKey(
        description=str(found.get("description", "")),
        default=default if isinstance(default, str | int | float) else None,
    )


def _below(node: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    own: Mapping[str, Any] | None = node.get("properties", {}).get(name)
    if own is not None:
        return own
    # The names of services and proxies are the user's.
    return next(iter(node.get("patternProperties", {}).values()), None)


def _variants(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield a node of the schema, and what it refers to or chooses from."""
    yield node
    if reference := node.get("$ref"):
        yield from _variants(_schema()["$defs"][reference.rpartition("/")[2]])
    for choice in [*node.get("anyOf", []), *node.get("oneOf", []), *node.get("allOf", [])]:
        yield from _variants(choice)


@cache
def _schema() -> Mapping[str, Any]:
    return schema()
