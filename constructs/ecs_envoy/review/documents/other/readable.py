"""Values of templates in the form that is compared: references as text, documents within texts as trees."""

import json
from collections.abc import Mapping

import yaml

from ecs_envoy.review.assembly.json_value import Json
from ecs_envoy.review.assembly.reading import Stack
from ecs_envoy.review.facts.values import text

_INTRINSICS = ("Ref", "Fn::", "Condition")


def readable(value: Json, stacks: Mapping[str, Stack]) -> Json:
    """Return a value in which references and functions of CloudFormation are text."""
    match value:
        case dict() if len(value) == 1 and next(iter(value)).startswith(_INTRINSICS):
            return text(value, stacks)
        case dict():
            return {key: readable(item, stacks) for key, item in value.items()}
        case list():
            return [readable(item, stacks) for item in value]
        case _:
            return value


def document(found: str) -> Json:
    """Return the document that a text is: a mapping or list in JSON or YAML; None if it is neither."""
    start = found.lstrip()[:1]
    try:
        if start in {"{", "["}:
            return json.loads(found)
        # A sentence with a colon is YAML, too, but no document.
        values = yaml.safe_load(found) if found.count("\n") > 1 and ":" in found else None
    except (ValueError, yaml.YAMLError):
        return None
    return values if isinstance(values, dict | list) else None  # pyright: ignore[reportUnknownVariableType]
