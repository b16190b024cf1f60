"""What is wrong with settings, with the keys as the user wrote them."""

import difflib
import types
import typing
from collections.abc import Collection, Mapping, Sequence

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from envoy_config.values import shortened, shown

KeyPath = tuple[str | int, ...]
Finding = tuple[KeyPath, str]


class SettingsError(ValueError):
    """Values are not allowed.

    Attributes:
        problems: The path of each mistake, and a message that says what is there and what to write instead.

    """

    def __init__(self, problems: Sequence[Finding]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(_line(path, message) for path, message in self.problems))


def _line(path: KeyPath, message: str) -> str:
    return f"{dotted(path)}: {message}" if path else message


def dotted(path: KeyPath) -> str:
    """Return `path` as text, such as `services.lessons.grpc_services[0]`."""
    text = ""
    for part in path:
        name = f"[{part}]" if isinstance(part, int) else shortened(part)
        text += name if isinstance(part, int) or not text else f".{name}"
    return text


def problems(error: ValidationError, settings: object) -> list[Finding]:
    """Return each mistake in `error` with its path; `settings` is the class that was validated."""
    return [_finding(details, settings) for details in error.errors()]


_NO_KEYS = {"[key]", "[one]", "[several]"}
"""Parts of pydantic's paths that are no keys: the name of a mapping's entry, and the form of a value."""


def _finding(error: ErrorDetails, settings: object) -> Finding:
    path = tuple(part for part in error["loc"] if part not in _NO_KEYS)
    kind = error["type"]
    block = settings_at(path[:-1], settings)
    key = str(path[-1]) if path else ""
    if kind == "missing":
        return path, f"missing; give {described(block, key)}"
    if kind == "extra_forbidden":
        return path, f"unknown key; {_suggestion(key, block)}"
    if kind in {"dict_type", "model_type", "model_attributes_type"}:
        return path, f"{shown(error['input'])} is not a mapping; give 'key: value' lines below it"
    if kind in {"list_type", "sequence_str", "is_instance_of"}:
        given = error["input"]
        example = f"[{shown(given)}]" if isinstance(given, str) and given else "['value']"
        return path, f"{shown(given)} is not a list; give one, such as {example}"
    if kind == "too_short":
        return path, "is empty; give at least one entry"
    if kind == "literal_error":
        return path, f"{shown(error['input'])} is unknown; give one of {error.get('ctx', {})['expected']}"
    return path, error["msg"]


_RENAMED = {"observability": "telemetry"}
"""The new names of keys that had another name in an earlier version."""


def _suggestion(key: str, block: type[BaseModel] | None) -> str:
    keys: Collection[str] = keys_of(block) if block else ()
    if (new_name := _RENAMED.get(key)) in keys:
        return f"it is called {new_name} now"
    hints: Mapping[str, str] = getattr(block, "hints", {})
    if key in hints:
        return hints[key]
    close = difflib.get_close_matches(key, keys, n=1)
    return f"did you mean {close[0]}?" if close else f"give one of {', '.join(keys)}"


def settings_at(path: KeyPath, settings: object) -> type[BaseModel] | None:
    """Return the class of the settings at `path` below the class `settings`; None if there are none."""
    block = settings
    for part in path:
        if isinstance(block, type) and issubclass(block, BaseModel):
            if isinstance(part, int):
                continue  # a block, or a list of such
            field = keys_of(block).get(str(part))
            block = _settings_in(field.annotation) if field else None
        elif typing.get_origin(block) in {dict, list}:
            block = _settings_in(typing.get_args(block)[-1])
        else:
            return None
    return block if isinstance(block, type) and issubclass(block, BaseModel) else None


def _settings_in(annotation: object) -> object:
    """Return the settings, or the dict or list of settings, that `annotation` wraps."""
    origin = typing.get_origin(annotation)
    if origin in {typing.Union, types.UnionType}:
        return next(
            (_settings_in(part) for part in typing.get_args(annotation) if part is not type(None)), None
        )
    if origin is typing.Annotated:
        return _settings_in(typing.get_args(annotation)[0])
    return annotation


def keys_of(block: type[BaseModel]) -> dict[str, FieldInfo]:
    """Return the fields of `block` by their keys: a word of Python, such as from, cannot name a field."""
    return {field.alias or name: field for name, field in block.model_fields.items()}


def described(block: type[BaseModel] | None, key: str) -> str:
    """Return the description of `key` in `block`."""
    field = keys_of(block).get(key) if block else None
    return (field.description if field else None) or "a value"
