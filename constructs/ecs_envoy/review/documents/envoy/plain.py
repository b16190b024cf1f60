"""One form of a bootstrap: protobuf's JSON allows several for the same message."""

import re
from typing import Any

from ecs_envoy.review.assembly.json_value import Json

_CAMEL = re.compile(r"[a-z][a-z0-9]*(?:[A-Z][a-z0-9]*)+")
_INTEGER = re.compile(r"-?\d{1,19}")
_SECONDS = re.compile(r"(\d+)\.(\d*?)0*s")
_TYPE = "@type"


def plain(value: Any) -> Json:  # noqa: ANN401 - whatever JSON or YAML holds
    """Return a bootstrap, or a part of one, in the form that is compared.

    Names of fields are in snake_case, whole numbers are numbers (ProtoJSON writes those of 64 bits as text),
    `0.050s` is `0.05s`, and the content of a `typed_config` stands where the extension's name does.
    """
    match value:
        case dict():
            items: dict[str, Json] = {_snake(str(key)): plain(item) for key, item in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
            return _with_config(items)
        case list():
            return [plain(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
        case bool() | int() | None:
            return value
        case float():
            return int(value) if value.is_integer() else value
        case _:
            return _text(str(value))


def _snake(key: str) -> str:
    if not _CAMEL.fullmatch(key):
        return key
    return re.sub(r"[A-Z]", lambda found: f"_{found[0].lower()}", key)


def _text(value: str) -> Json:
    if _INTEGER.fullmatch(value):
        return int(value)
    if found := _SECONDS.fullmatch(value):
        return f"{found[1]}.{found[2]}s" if found[2] else f"{found[1]}s"
    return value.removeprefix("type.googleapis.com/")


def _with_config(items: dict[str, Json]) -> Json:
    config = items.get("typed_config")
    if not isinstance(config, dict):
        return items
    rest = {key: item for key, item in items.items() if key != "typed_config"}
    return items if (rest.keys() & config.keys()) - {_TYPE} else {**config, **rest}
