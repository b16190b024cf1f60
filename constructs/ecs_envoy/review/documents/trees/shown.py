"""Values as a reader sees them."""

import json
import re

from ecs_envoy.review.assembly.json_value import Json

_DURATION = re.compile(r"(\d+(?:\.\d+)?)s")
_DENOMINATORS = {"HUNDRED": 100, "TEN_THOUSAND": 10_000, "MILLION": 1_000_000}


def shown(value: Json) -> str:
    """Return a value in few characters: `50ms` for Envoy's `0.050s`, `5%` for its kinds of shares."""
    match value:
        case bool():
            return str(value).lower()
        case str() if found := _DURATION.fullmatch(value):
            return duration(float(found[1]))
        case int() | float() | str():
            return number(value)
        case {"default_value": inner}:
            return shown(inner)
        case {"numerator": int(numerator)}:
            return percent(100 * numerator / _DENOMINATORS.get(str(value.get("denominator")), 100))
        case {"value": int() | float() as inner} if len(value) == 1:
            return percent(inner)
        case list():
            return ", ".join(shown(item) for item in value)
        case dict():
            return json.dumps(value, sort_keys=True) if value else "on"
        case None:
            return ""


def number(value: float | str) -> str:
    """Return a number without a fraction of zero; a text as it is."""
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def duration(seconds: float) -> str:
    """Return a time as people write it, such as `50ms`, `90s`, `10m`, `1h`."""
    if 0 < seconds < 1:
        return f"{1000 * seconds:.6g}ms"
    for unit, length in (("h", 3600), ("m", 60)):
        if seconds >= length and seconds % length == 0:
            return f"{seconds / length:.0f}{unit}"
    return f"{seconds:.10g}s"


def percent(value: Json) -> str:
    """Return a number as a percentage."""
    return f"{value:.6g}%" if isinstance(value, int | float) else shown(value)


def share(value: Json) -> str:
    """Return a share of 1 as a percentage."""
    return f"{100 * value:.6g}%" if isinstance(value, int | float) else shown(value)


def size(value: Json) -> str:
    """Return a number of bytes, such as `150 MiB`."""
    if not isinstance(value, int):
        return shown(value)
    for unit, length in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if value and value % length == 0:
            return f"{value // length} {unit}"
    return f"{value / 2**20:.1f} MiB" if value > 2**20 else f"{value} B"


def kib(value: Json) -> str:
    """Return a number of KiB."""
    return f"{value} KiB" if isinstance(value, int) else shown(value)


def milliseconds(value: Json) -> str:
    """Return a number of milliseconds as a time; also where Envoy's runtime may override it."""
    inner = value.get("default_value") if isinstance(value, dict) else value
    return duration(inner / 1000) if isinstance(inner, int | float) else shown(value)
