"""Values that a key does not allow, by its schema: of another type, or just outside its bounds."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from envoy_config.settings_error import KeyPath
from envoy_config.values import duration, duration_text
from tests.ecs_envoy.configuration.keys.every_key import Schema, alternatives, values_of

OF_TYPE: dict[str, object] = {
    "string": "no such value",
    "number": 7.5,
    "boolean": True,
    "array": [["no such value"]],
    "object": {"no such key": 1},
    "null": None,
}
STRANGE = ("", "\x07", "é", " ", "-", "a\nb")
"""Texts of which each pattern refuses one."""

_TYPES = {str: "string", int: "integer", bool: "boolean"}


@dataclass(frozen=True)
class BadValue:
    """A value, and the path below its key at which it is wrong.

    Attributes:
        what: What is wrong with it.
        value: The value.
        below: Empty if the value itself is wrong.
        is_time: Whether it is a time beyond its bounds, which JSON Schema cannot say.

    """

    what: str
    value: object
    below: KeyPath = ()
    is_time: bool = False


def bad_values(schema: Schema) -> Iterator[BadValue]:
    """Yield values that `schema` does not allow."""
    parts = alternatives(schema)
    allowed = {kind for part in parts for kind in _types(part)}
    for kind, value in OF_TYPE.items():
        if kind not in allowed:
            yield BadValue(kind, value)
    for part in parts:
        yield from _outside(part)


def _types(part: Schema) -> set[str]:
    if "type" in part:
        return {part["type"]}
    return {_TYPES[type(choice)] for choice in part.get("enum", [part.get("const")])}


def _outside(part: Schema) -> Iterator[BadValue]:
    """Yield values of the type of `part` that it does not allow."""
    if "enum" in part:
        number = isinstance(part["enum"][0], int)
        yield BadValue("none of the choices", 999_983 if number else "no such value")
    if "const" in part:
        yield BadValue("not the only choice", not part["const"])
    for bound, step in (("minimum", -1), ("maximum", 1)):
        if bound in part:
            yield BadValue(f"beyond the {bound}", part[bound] + step)
        if (limit := part.get(f"x-{bound}", "0s")) != "0s":
            beyond = duration(limit) + step * timedelta(milliseconds=1)
            yield BadValue(f"beyond the {bound}", duration_text(beyond), is_time=True)
    if "maxLength" in part:
        yield BadValue("too long", "a" * (part["maxLength"] + 1))
    if "pattern" in part:
        text = next(text for text in STRANGE if not re.fullmatch(part["pattern"], text))
        yield BadValue("not of the pattern", text)
    if part.get("type") == "array":
        yield from _items(part)
    if part.get("type") == "object" and "properties" not in part:
        yield from _entries(part)


def _items(part: Schema) -> Iterator[BadValue]:
    if part.get("minItems"):
        yield BadValue("no item", [])
    for bad in bad_values(part["items"]):
        yield replace(bad, what=f"an item: {bad.what}", value=[bad.value], below=(0, *bad.below))


def _entries(part: Schema) -> Iterator[BadValue]:
    names = part.get("propertyNames", {})
    good = names.get("enum", ["a"])[0]
    for bad in bad_values(values_of(part)) if values_of(part) else ():
        value, below = {good: bad.value}, (good, *bad.below)
        yield replace(bad, what=f"an entry: {bad.what}", value=value, below=below)
    for pattern in part.get("patternProperties", {}):
        name = next(text for text in STRANGE if not re.fullmatch(pattern, text))
        yield BadValue("an entry's name", {name: OF_TYPE["string"]}, (name,))
    if "maxLength" in names:
        name = "a" * (names["maxLength"] + 1)
        yield BadValue("an entry's name: too long", {name: OF_TYPE["string"]}, (name,))
    if "enum" in names:
        yield BadValue("an entry's name: none of the choices", {"no-such-key": {}}, ("no-such-key",))
