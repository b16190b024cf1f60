"""The configuration's JSON Schema, for editors, and what it says of each key."""

import json
import types
import typing

from pydantic import BaseModel

from ecs_envoy.configuration.document import KeyPath
from ecs_envoy.configuration.model import Configuration


def json_schema() -> str:
    """Return the JSON Schema of a configuration file, as kept in `config/schema.json`."""
    schema = Configuration.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    tasks = schema["$defs"]["TaskBounds"]
    schema["$defs"]["TaskBounds"] = {"anyOf": [{"type": "integer", "minimum": 1}, tasks]}
    return json.dumps(schema, indent=2) + "\n"


def block_at(path: KeyPath) -> type[BaseModel] | None:
    """Return the model of the block at `path`; None where no block stands there."""
    block: object = Configuration
    for part in path:
        if isinstance(block, type) and issubclass(block, BaseModel):
            field = block.model_fields.get(str(part))
            block = _block_in(field.annotation) if field else None
        elif typing.get_origin(block) in {dict, list}:
            block = _block_in(typing.get_args(block)[-1])
        else:
            return None
    return block if isinstance(block, type) and issubclass(block, BaseModel) else None


def _block_in(annotation: object) -> object:
    """Return the block, or the dict or list of blocks, that `annotation` wraps."""
    origin = typing.get_origin(annotation)
    if origin in {typing.Union, types.UnionType}:
        return next((_block_in(part) for part in typing.get_args(annotation) if part is not type(None)), None)
    if origin is typing.Annotated:
        return _block_in(typing.get_args(annotation)[0])
    return annotation


def described(block: type[BaseModel] | None, key: str) -> str:
    """Return what `key` of `block` holds, in words."""
    field = block.model_fields.get(key) if block else None
    return (field.description if field else None) or "a value"
