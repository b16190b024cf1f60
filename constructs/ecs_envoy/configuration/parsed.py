"""Reads as much of a configuration as possible, so that the rules between keys can report all mistakes."""

import typing
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from typing import Any, TypeVar, cast

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from envoy_config.settings_error import settings_at

_Kind = TypeVar("_Kind")
_Block = TypeVar("_Block", bound=BaseModel)


def read_partly(kind: type[_Block], values: Mapping[str, object]) -> _Block:
    """Return a `kind` without the keys that are missing or wrong; to read one raises AttributeError."""
    parsed: dict[str, object] = {}
    for name, field in kind.model_fields.items():
        if (key := field.alias or name) in values:
            with suppress(ValidationError):
                parsed[name] = _read_field(kind, key, name, values[key])
        elif not field.is_required():
            parsed[name] = field.get_default(call_default_factory=True)
    block = kind.model_construct(set(parsed) & set(values))
    vars(block).update(parsed)  # by their names; `model_construct` would take the keys
    for name in kind.model_fields.keys() - parsed.keys():
        vars(block).pop(name, None)
    return block


def _read_field(kind: type[BaseModel], key: str, field: str, value: object) -> object:
    try:
        return _adapter(kind, field).validate_python(value)
    except ValidationError:
        if not isinstance(value, dict):
            raise
        mapping = cast("dict[str, object]", value)
        if (block := settings_at((key,), kind)) is not None:
            return read_partly(block, mapping)
        if (block := settings_at((key, ""), kind)) is not None:
            return {
                name: read_partly(block, cast("dict[str, object]", entry))
                for name, entry in mapping.items()
                if isinstance(entry, dict)
            }
        raise


@cache  # to make one takes 0.1 ms, and a file of 100 services gives 800 keys
def _adapter(kind: type[BaseModel], field: str) -> TypeAdapter[Any]:
    return TypeAdapter(_annotation(kind.model_fields[field]))


def _annotation(field: FieldInfo) -> Any:  # noqa: ANN401  # Python has no type for its annotations
    parts: Any = (field.annotation, *field.metadata)
    return typing.Annotated[parts] if field.metadata else field.annotation


def build_partly(kind: type[_Kind], fields: Mapping[str, Callable[[], object]]) -> _Kind:
    """Return an instance of the frozen dataclass `kind`, without the `fields` that cannot be read."""
    instance = object.__new__(kind)
    for name, read in fields.items():
        with suppress(AttributeError):
            object.__setattr__(instance, name, read())
    return instance
