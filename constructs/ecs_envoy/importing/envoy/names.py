"""The names in a bootstrap: proto3's JSON allows two spellings of each field."""

import re
from typing import cast

_HUMP = re.compile(r"(?<=[a-z0-9])([A-Z])")


def snake_case(value: object) -> object:
    """Return `value` with the names of fields as in the .proto files: `virtual_hosts` for `virtualHosts`.

    Names with a dot or slash are no fields, but those of filters and clusters.
    """
    if isinstance(value, dict):
        return {
            _snake(str(key)): snake_case(part) for key, part in cast("dict[object, object]", value).items()
        }
    if isinstance(value, list):
        return [snake_case(part) for part in cast("list[object]", value)]
    return value


def _snake(key: str) -> str:
    if "." in key or "/" in key or key.startswith("@"):
        return key
    return _HUMP.sub(r"_\1", key).lower().replace("consecutive5xx", "consecutive_5xx")
