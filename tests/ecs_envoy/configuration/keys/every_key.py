"""Every key that a configuration file accepts, and files that hold each of them.

`# or VALUE` behind a key of such a file gives another value that is valid in its place.
"""

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import yaml

from ecs_envoy.configuration.document import Document, read_document
from ecs_envoy.configuration.reference import repeats
from ecs_envoy.configuration.schema import schema
from envoy_config.settings_error import KeyPath

Schema = dict[str, Any]

SCHEMA = schema()
_OTHER = re.compile(r"\s*(?:- )*(?P<key>[\w.]+): .*# or (?P<value>.*)")


def alternatives(value: Schema) -> list[Schema]:
    """Return what `value` may be, without references and unions."""
    if "$ref" in value:
        return alternatives(SCHEMA["$defs"][value["$ref"].rpartition("/")[2]])
    if "anyOf" in value:
        return [found for part in value["anyOf"] for found in alternatives(part)]
    return [value]


def values_of(mapping: Schema) -> Schema:
    """Return the schema of the values of a mapping by name."""
    by_pattern: list[Schema] = list(mapping.get("patternProperties", {}).values())
    return by_pattern[0] if by_pattern else mapping.get("additionalProperties", {})


def _below(value: Schema, path: str) -> Iterator[tuple[str, Schema]]:
    for part in alternatives(value):
        if repeats(part, path):
            continue
        for key, held in part.get("properties", {}).items():
            here = f"{path}.{key}".lstrip(".")
            yield here, {**held, "x-needed": key in part.get("required", [])}
            yield from _below(held, here)
        if part.get("type") == "array":
            yield from _below(part["items"], f"{path}[]")
        elif part.get("type") == "object" and "properties" not in part:
            yield from _below(values_of(part), f"{path}.<name>")


KEYS: dict[str, Schema] = dict(_below(SCHEMA, ""))
"""The schema of each key by its path, such as `services.<name>.egress[].cidr`.

`x-needed` says whether it has to be given.
"""


def is_block(key: str) -> bool:
    """Return whether `key` holds nothing but keys, which are in `KEYS` themselves."""
    parts = [part for part in alternatives(KEYS[key]) if part.get("type") not in {"null", "boolean"}]
    return any(other.startswith((f"{key}.", f"{key}[]")) for other in KEYS) and all(
        part.get("type") in {"object", "array"} for part in parts
    )


def places(
    held: object, value: Schema = SCHEMA, key: str = "", path: KeyPath = ()
) -> Iterator[tuple[str, KeyPath]]:
    """Yield each key in `held`, the values of a file, with its place in that file."""
    for part in alternatives(value):
        if isinstance(held, list) and part.get("type") == "array":
            for number, item in enumerate(cast("list[object]", held)):
                yield from places(item, part["items"], f"{key}[]", (*path, number))
        elif isinstance(held, dict) and part.get("type") == "object":
            if repeats(part, key):
                continue
            properties: dict[str, Schema] | None = part.get("properties")
            for name, item in cast("dict[str, object]", held).items():
                inner = values_of(part) if properties is None else properties.get(name, {})
                here = f"{key}.<name>" if properties is None else f"{key}.{name}".lstrip(".")
                if properties is not None:
                    yield here, (*path, name)
                yield from places(item, inner, here, (*path, name))


@dataclass(frozen=True, eq=False)
class SampleFile:
    """A file in the folder `files`."""

    path: Path

    @cached_property
    def document(self) -> Document:
        """What stands in it."""
        return read_document(self.path)

    def changed(self, changes: Mapping[KeyPath, object]) -> dict[str, Any]:
        """Return what stands in it, with other values at these paths."""
        values = copy.deepcopy(self.document.values)
        for path, value in changes.items():
            held: Any = values
            for part in path[:-1]:
                held = held[part]
            held[path[-1]] = value
        return values

    @cached_property
    def others(self) -> dict[KeyPath, object]:
        """The other valid values that the file gives, by the path of the key."""
        lines, found = self.path.read_text().splitlines(), dict[int, tuple[KeyPath, object]]()
        for path, line in self.document.lines.items():
            if (match := _OTHER.fullmatch(lines[line - 1])) and match["key"] == path[-1]:
                found.setdefault(line, (path, yaml.safe_load(match["value"])))
        return dict(found.values())


@dataclass(frozen=True)
class Place:
    """Where a key stands: in a file, at a path."""

    file: SampleFile
    path: KeyPath

    @property
    def other(self) -> object:
        """The other valid value; None if the file gives none."""
        return self.file.others.get(self.path)


FILES = [SampleFile(path) for path in sorted((Path(__file__).parent / "files").glob("*.yaml"))]


def _all_places() -> dict[str, Place]:
    found: dict[str, Place] = {}
    for file in FILES:
        for key, place in places(file.document.values):
            here = Place(file, place)
            if key not in found or (found[key].other is None and here.other is not None):
                found[key] = here
    return found


PLACES = _all_places()
"""A place of each key, if there is one with another valid value."""
