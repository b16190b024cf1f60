"""Writes the reference page of the configuration from its JSON Schema."""

import json
from collections.abc import Iterator
from typing import Any, cast

from ecs_envoy.configuration.schema import schema

_Schema = dict[str, Any]

_INTRODUCTION = """\
# The configuration, key by key

One YAML file for each environment. `ecs-envoy validate FILE` checks it; `config/schema.json` gives editors
completion. This page is written by `make schema` from the types that check the file: do not edit it.
"""


POLICY = "existing_services.<name>.policy"
"""Where the keys of a policy stand on the page: once, for all places that a policy may be given at."""


def repeats(block: _Schema, path: str) -> bool:
    """Return whether `block`, at `path`, has the keys of `POLICY`."""
    return block.get("title") in {"TrafficPolicy", "MethodPolicy"} and path != POLICY


def reference() -> str:
    """Return the page as Markdown, as kept in `docs/configuration.md`."""
    root = schema()
    return "\n".join([_INTRODUCTION, *_sections(root, root["$defs"], "")]).rstrip() + "\n"


def _sections(block: _Schema, definitions: dict[str, _Schema], path: str) -> Iterator[str]:
    yield f"## `{path}`\n" if path else "## The file\n"
    if path:
        yield f"{_sentence(block['description'])}\n"
    if repeats(block, path):
        single = block["title"] == "MethodPolicy"
        rest = ", from `idempotent` to `max_message_bytes`." if single else "."
        yield f"Its keys are those of `{POLICY}`{rest}\n"
        return
    yield "| key | value | default | |"
    yield "| --- | --- | --- | --- |"
    required = block.get("required", [])
    for key, value in block["properties"].items():
        default = "**needed**" if key in required else _default(value)
        cells = (f"`{key}`", _value(value, definitions), default, _cell(value.get("description", "")))
        yield f"| {' | '.join(cells)} |"
    yield ""
    for key, value in block["properties"].items():
        inner, suffix = _inner(value, definitions)
        if inner is not None:
            yield from _sections(inner, definitions, f"{path}.{key}{suffix}".lstrip("."))


def _inner(value: _Schema, definitions: dict[str, _Schema]) -> tuple[_Schema | None, str]:
    """Return the block in `value`, and the path from the key of `value` to the block's keys."""
    for part in _alternatives(value, definitions):
        if "properties" in part:
            return part, ""
        for held, suffix in ((_values_schema(part), ".<name>"), (part.get("items"), "[]")):
            found, rest = _inner(held, definitions) if held else (None, "")
            if found is not None:
                return found, f"{suffix}{rest}"
    return None, ""


def _values_schema(value: _Schema) -> _Schema | None:
    """Return the schema of the values of a mapping whose keys are names."""
    by_pattern: list[_Schema] = list(value.get("patternProperties", {}).values())
    others = value.get("additionalProperties")
    if by_pattern:
        return by_pattern[0]
    return cast("_Schema", others) if isinstance(others, dict) else None


def _alternatives(value: _Schema, definitions: dict[str, _Schema]) -> list[_Schema]:
    if "$ref" in value:
        return _alternatives(definitions[value["$ref"].rpartition("/")[2]], definitions)
    if "anyOf" in value:
        parts = [part for part in value["anyOf"] if part.get("type") != "null"]
        return [found for part in parts for found in _alternatives(part, definitions)]
    return [value]


def _value(value: _Schema, definitions: dict[str, _Schema]) -> str:
    return " or ".join(dict.fromkeys(_kind(part, definitions) for part in _alternatives(value, definitions)))


def _kind(value: _Schema, definitions: dict[str, _Schema]) -> str:
    if "enum" in value:
        few = len(value["enum"]) <= 16  # the status codes of gRPC
        return ", ".join(f"`{choice}`" for choice in value["enum"]) if few else "one of a list"
    if "x-minimum" in value:
        return f"time, {value['x-minimum']} to {value['x-maximum']}"
    kind = value.get("type")
    if "const" in value:
        return f"`{json.dumps(value['const'])}`"
    if kind in {"integer", "number"}:
        bounds = [f"{value[bound]:,}" for bound in ("minimum", "maximum") if bound in value]
        return f"number, {' to '.join(bounds)}" if len(bounds) == 2 else f"number from {bounds[0]}"
    if kind == "array":
        return f"list of {_value(value['items'], definitions)}"
    if kind == "object":
        return "block" if "properties" in value else "mapping by name"
    return {"string": "text", "boolean": "`true` or `false`"}[str(kind)]


def _default(value: _Schema) -> str:
    default = value.get("default")
    if default is None or default == {} or default == []:
        return ""
    return f"`{default if isinstance(default, str) else json.dumps(default)}`"


def _sentence(text: str) -> str:
    return " ".join(text.split())


def _cell(text: str) -> str:
    return _sentence(text).replace("|", r"\|").replace("<", r"\<")
