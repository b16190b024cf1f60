"""Kinds of values that a setting can have, each with its bounds and its error message."""

import re
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

Checked = tuple[BeforeValidator, WithJsonSchema]


def refusal(value: object, kind: str, cure: str) -> PydanticCustomError:
    """Return the error that `value` is not `kind`; `cure` says what to give."""
    return problem(f"{shown(value)} is not {kind}; give {cure}")


def problem(text: str) -> PydanticCustomError:
    """Return an error with the message `text`, without pydantic's own text."""
    return PydanticCustomError("ecs_envoy", "{text}", {"text": text})


def shown(value: object) -> str:
    """Return `value` as an error message shows it."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    if value is None or isinstance(value, bool):
        return {None: "nothing", True: "true", False: "false"}[value]
    if isinstance(value, timedelta):
        return duration_text(value)
    if isinstance(value, float) and value < -1e280:
        return "a number that is known only when the stack is deployed"  # a token of the CDK
    if not isinstance(value, str | int | float):
        return f"a {type(value).__name__}"
    return shortened(repr(value) if isinstance(value, str) else str(value))


def shortened(text: str) -> str:
    """Return `text`, or its start if it is too long for a message."""
    return text if len(text) <= 80 else f"{text[:76]}..."


def whole_number(kind: str, low: int, high: int) -> Checked:
    """Return the check that a value is a whole number from `low` to `high`."""

    def check(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            numeral = "whole number" if isinstance(value, float) else "number"
            raise refusal(value, kind, f"a {numeral} from {low} to {high}")
        return value

    return BeforeValidator(check), WithJsonSchema({"type": "integer", "minimum": low, "maximum": high})


def number(kind: str, low: float, high: float) -> Checked:
    """Return the check that a value is a number from `low` to `high`."""

    def check(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise refusal(value, kind, f"a number from {low:g} to {high:g}")
        return float(value)

    return BeforeValidator(check), WithJsonSchema({"type": "number", "minimum": low, "maximum": high})


def text(pattern: str, kind: str, cure: str, *, length: int = 2048) -> Checked:
    """Return the check that a whole value matches `pattern`; `cure` says what to give."""
    compiled = re.compile(pattern, re.ASCII)

    def check(value: object) -> str:
        if isinstance(value, str) and len(value) > length and compiled.fullmatch(value):
            raise problem(f"{shown(value)} has {len(value)} characters; give {length} at most")
        if not isinstance(value, str) or len(value) > length or not compiled.fullmatch(value):
            raise refusal(value, kind, cure)
        return value

    schema = {"type": "string", "pattern": f"^(?:{pattern})$", "maxLength": length}
    return BeforeValidator(check), WithJsonSchema(schema)


_UNITS = {"ms": "milliseconds", "s": "seconds", "m": "minutes", "h": "hours"}


def duration(value: object) -> timedelta:
    """Return `value` as a time: a timedelta, or text such as `3s`."""
    if isinstance(value, timedelta):
        return value
    match = re.fullmatch(r"([0-9]{1,9})(ms|s|m|h)", value) if isinstance(value, str) else None
    if match is None:
        in_text = value is None or type(value) in {str, int, float, bool, dict, list}
        cure = "a whole number with its unit, such as 250ms, 3s or 1m" if in_text else "a timedelta"
        raise refusal(value, "a duration", cure)
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def duration_text(time: timedelta) -> str:
    """Return `time` as text in the form of the configuration: `250ms`, `3s`, `2m`."""
    milliseconds = round(time / timedelta(milliseconds=1))
    for unit, size in (("h", 3_600_000), ("m", 60_000), ("s", 1000)):
        if milliseconds and milliseconds % size == 0:
            return f"{milliseconds // size}{unit}"
    return f"{milliseconds}ms" if milliseconds else "0s"


CheckedDuration = tuple[BeforeValidator, PlainSerializer, WithJsonSchema]


def bounded_duration(
    kind: str, low: timedelta, high: timedelta, *, step: timedelta = timedelta(milliseconds=1)
) -> CheckedDuration:
    """Return the check that a value is a duration from `low` to `high`, in whole `step`s."""
    whole = "whole seconds" if step == timedelta(seconds=1) else "a time"

    def check(value: object) -> timedelta:
        time = duration(value)
        if time % step or not low <= time <= high:
            raise refusal(value, kind, f"{whole} from {duration_text(low)} to {duration_text(high)}")
        return time

    return (
        BeforeValidator(check),
        PlainSerializer(duration_text, return_type=str, when_used="json"),
        WithJsonSchema(
            {
                "type": "string",
                "pattern": r"^\d{1,9}(ms|s|m|h)$",
                "x-minimum": duration_text(low),
                "x-maximum": duration_text(high),
            }
        ),
    )


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise refusal(value, "true or false", "one of the two, without quotes")
    return value


Flag = Annotated[bool, BeforeValidator(_flag), WithJsonSchema({"type": "boolean"})]

_port = whole_number("a port", 1, 65535)
Port = Annotated[int, *_port]
_unprivileged_port = whole_number("a port that Envoy may open without root privileges", 1024, 65535)
UnprivilegedPort = Annotated[int, *_unprivileged_port]
_percent = number("a percentage", 0, 100)
Percent = Annotated[float, *_percent]
_call_time = bounded_duration("a time for a call", timedelta(milliseconds=1), timedelta(hours=1))
CallTime = Annotated[timedelta, *_call_time]
_proto_service = text(
    r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*", "a proto service", "its package and name, such as learning.v1.Lessons"
)
ProtoService = Annotated[str, *_proto_service]

DNS_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
"""The pattern of a label of a DNS name, with the underscores that names in use have."""

_host_name = text(
    rf"{DNS_LABEL}(?:\.{DNS_LABEL})*",
    "a host name",
    "a DNS name without a port, such as lessons-internal.example.com",
    length=253,
)
HostName = Annotated[str, AfterValidator(str.lower), *_host_name]

_connections = whole_number("a number of connections", 8, 1_000_000)
Connections = Annotated[int, *_connections]
_method = text(
    r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*/[A-Za-z_]\w*",
    "a gRPC method",
    "its proto service and name, such as learning.v1.Lessons/List",
)
ProtoMethod = Annotated[str, *_method]

HealthCheckType = Literal["http2", "grpc", "tcp", "none"]
OutlierDetectionType = Literal["gateway_failure", "local_origin_failure", "none"]
