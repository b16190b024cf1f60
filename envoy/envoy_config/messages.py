"""Envoy's messages, as light objects that know their JSON.

To type checkers they are those of `envoy-data-plane`, generated from Envoy's API (`messages.pyi`). Those
are not used at run time, because they take more than a second: their import, and the checks that pydantic
makes for each kind. The ones here know the order of a message's fields, and which are written even if they
have their default. They read that in `messages.json`, which `make messages` writes from `envoy-data-plane`.
A test compares the JSON of both (docs/adr/0013).
"""

import enum
import functools
import json
from collections.abc import Mapping
from datetime import timedelta
from importlib import resources
from typing import TYPE_CHECKING, cast
from typing import Any as AnyValue

if TYPE_CHECKING:
    from collections.abc import Sequence


class Message:
    """A message of Envoy's API: the fields that are given, by their protobuf names.

    Raises:
        TypeError: The message has no such field.

    """

    TYPE: str
    """The message's full name."""

    FIELDS: Mapping[str, str]
    """Its fields in their order, and how each is written: see `_written`."""

    def __init__(self, **fields: object) -> None:
        if unknown := fields.keys() - self.FIELDS.keys():
            raise TypeError(f"{self.TYPE} has no field {', '.join(sorted(unknown))}")
        vars(self).update(fields)

    __hash__ = None  # pyright: ignore[reportAssignmentType]  # a field may be a list

    def __eq__(self, other: object) -> bool:
        """Return whether `other` is a message of the same type with the same fields."""
        return type(other) is type(self) and vars(other) == vars(self)

    def to_json(self) -> AnyValue:  # noqa: ANN401  # JSON has no type
        """Return the message as JSON, without fields that are not set."""
        given = vars(self)
        return {
            name: _json(given[name], how)
            for name, how in self.FIELDS.items()
            if name in given and _written(given[name], how)
        }


class Any(Message):
    """A message with the URL of its type."""

    TYPE = "google.protobuf.Any"
    FIELDS: Mapping[str, str] = {"message": "?"}

    @classmethod
    def pack(cls, message: Message) -> "Any":
        """Return `message` with the URL of its type."""
        return cls(message=message)

    def to_json(self) -> AnyValue:  # noqa: ANN401
        """Return the message's JSON and the URL of its type; of no message an empty object."""
        message = vars(self).get("message")
        if message is None:
            return {}
        return {"@type": f"type.googleapis.com/{message.TYPE}", **message.to_json()}


class Struct(Message):
    """A JSON object."""

    TYPE = "google.protobuf.Struct"
    FIELDS: Mapping[str, str] = {"fields": ""}

    def to_json(self) -> AnyValue:  # noqa: ANN401
        """Return the object."""
        return _json(vars(self)["fields"], "")


class Value(Message):
    """A value in a JSON object."""

    TYPE = "google.protobuf.Value"
    FIELDS: Mapping[str, str] = {"number_value": "f?", "string_value": "?", "bool_value": "?"}

    def to_json(self) -> AnyValue:  # noqa: ANN401
        """Return the value."""
        (value,) = super().to_json().values()
        return value


def json_of(message: Message) -> AnyValue:  # noqa: ANN401
    """Return the JSON of `message`, without fields that are not set."""
    return message.to_json()


def __getattr__(name: str) -> AnyValue:  # noqa: ANN401
    """Return the message or the enumeration `name`."""
    described = _table().get(name)
    if described is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if "values" in described:
        made = enum.Enum(name, {key: tuple(value) for key, value in described["values"].items()})
    else:
        made = type(name, (Message,), {"TYPE": described["type"], "FIELDS": described["fields"]})
    globals()[name] = made
    return made


@functools.cache
def _table() -> dict[str, AnyValue]:
    return json.loads(resources.files("envoy_config").joinpath("messages.json").read_text())


def _written(value: AnyValue, how: str) -> bool:  # noqa: ANN401
    """Return whether a field is written: one with a `?` if it is set, another if it is not its default."""
    if how.endswith("?"):
        return value is not None
    return bool(value.value[0]) if isinstance(value, enum.Enum) else bool(value)


def _json(value: AnyValue, how: str) -> AnyValue:  # noqa: ANN401
    """Return `value` as protobuf's JSON; `how` begins with `l` for 64-bit integers, with `f` for floats."""
    if isinstance(value, Message):
        return value.to_json()
    if isinstance(value, dict):
        return {key: _json(item, how) for key, item in cast("dict[str, object]", value).items()}
    if isinstance(value, list | tuple):
        return [_json(item, how) for item in cast("Sequence[object]", value)]
    if isinstance(value, timedelta):
        return _duration(value)
    if isinstance(value, enum.Enum):
        return value.value[1]
    if how.startswith("l"):
        return str(value)
    return float(value) if how.startswith("f") else value


def _duration(value: timedelta) -> str:
    """Return `value` in seconds, as protobuf's JSON has it."""
    seconds, rest = divmod(value, timedelta(seconds=1))
    if not rest:
        return f"{seconds}s"
    decimals = f"{rest.microseconds:06d}".rstrip("0")
    return f"{seconds}.{decimals:0<3}s"
