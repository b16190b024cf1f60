"""The configuration's JSON Schema, for editors."""

import json
from datetime import timedelta
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from ecs_envoy.configuration.model import Configuration
from envoy_config.values import duration_text


class _Schema(GenerateJsonSchema):
    def encode_default(self, dft: Any) -> Any:  # noqa: ANN401  # pydantic's own signature
        """Write a default in the form of the YAML file: pydantic would write 1s as PT1S."""
        if isinstance(dft, timedelta):
            return duration_text(dft)
        return dft.model_dump(mode="json", exclude_unset=True) if isinstance(dft, BaseModel) else dft

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        """Refuse names that have not the pattern of a mapping's names: pydantic's schema allows them."""
        values = super().dict_schema(schema)
        return {**values, "additionalProperties": False} if "patternProperties" in values else values


_SHORT = {"HealthCheck": "type", "OutlierDetection": "type", "HeaderMatch": "name"}
"""Blocks that may be given as the value of one of their keys alone."""


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a configuration file."""
    values = Configuration.model_json_schema(schema_generator=_Schema)
    values["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    for name in ("ServerTaskBounds", "ServiceTaskBounds", "ProxyTaskBounds"):
        tasks = values["$defs"][name]
        values["$defs"][name] = {"anyOf": [{"type": "integer", "minimum": 1, "maximum": 5000}, tasks]}
    for name, key in _SHORT.items():
        block = values["$defs"][name]
        short = {k: v for k, v in block["properties"][key].items() if k not in {"title", "default"}}
        values["$defs"][name] = {"anyOf": [short, block]}
    for name in ("TrafficPolicy", "MethodPolicy"):
        canary = values["$defs"][name]["properties"]["canary"]
        canary["anyOf"] = canary.pop("oneOf")  # which the parts of a union are elsewhere
    return values


def json_schema() -> str:
    """Return the JSON Schema as text, as kept in `config/schema.json`."""
    return json.dumps(schema(), indent=2) + "\n"
