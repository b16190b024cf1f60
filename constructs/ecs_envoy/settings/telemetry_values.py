"""The kinds of value that `observability` holds, each with its own refusal."""

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

from ecs_envoy.settings import values as s
from ecs_envoy.settings.log_retention import RETENTION_NAMES
from ecs_envoy.settings.workspace_arn import WORKSPACE_ARN


def switch(value: object) -> object:
    """Return the block that `value` stands for: true is one with every default, false is none."""
    if value is True:
        return {}
    return None if value is False else value


def _number(kind: str, low: float, high: float) -> tuple[BeforeValidator, WithJsonSchema]:
    def check(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise s.refusal(value, kind, f"a number from {low:g} to {high:g}")
        return float(value)

    return BeforeValidator(check), WithJsonSchema({"type": "number", "minimum": low, "maximum": high})


_percent = _number("a percentage", 0, 100)
Percent = Annotated[float, *_percent]
_error_percent = _number("a percentage of calls", 0.01, 100)
ErrorPercent = Annotated[float, *_error_percent]
_skew = _number("a ratio of the busiest task to the mean", 1.05, 10)
Skew = Annotated[float, *_skew]


def _retention(value: object) -> int:
    if isinstance(value, bool) or value not in RETENTION_NAMES:
        days = ", ".join(map(str, RETENTION_NAMES))
        raise s.refusal(value, "a number of days that CloudWatch Logs offers", f"one of {days}")
    return int(value)  # pyright: ignore[reportArgumentType]


RetentionDays = Annotated[int, BeforeValidator(_retention), WithJsonSchema({"enum": list(RETENTION_NAMES)})]


def _slower_than(value: object) -> timedelta:
    time = s.duration(value)
    if not timedelta(milliseconds=1) <= time <= timedelta(hours=1):
        raise s.refusal(value, "a time for a call", "one from 1ms to 1h, such as 500ms")
    return time


SlowerThan = Annotated[timedelta, BeforeValidator(_slower_than), s.DURATION_SCHEMA]

_topic = s.text(
    r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}",
    "an SNS topic's ARN",
    "one such as arn:aws:sns:eu-west-1:111122223333:alarms",
)
TopicArn = Annotated[str, *_topic]
_place = s.text(r"[\x21-\x7e]+", "a folder or a URL", "one such as https://wiki.example.com/runbooks")
Place = Annotated[str, *_place]
_tag = s.text(r"\w[\w:./+-]*", "a tag of Datadog's", "letters, digits and _-:./+, such as prod", length=200)
Tag = Annotated[str, *_tag]
_workspace = s.text(
    rf"new|{WORKSPACE_ARN}",
    "a workspace",
    "new, or an ARN such as arn:aws:aps:eu-west-1:111122223333:workspace/ws-0123...",
)
Workspace = Annotated[str, *_workspace]


def _scraper(value: object) -> str:
    if isinstance(value, str) and re.fullmatch(r"sg-[0-9a-f]{8,17}", value):
        return value
    try:
        return s.cidr(value)
    except ValueError:
        raise s.refusal(
            value, "a security group or an IPv4 block", "one such as sg-0123456789abcdef0 or 10.0.0.0/16"
        ) from None


Scraper = Annotated[
    str,
    BeforeValidator(_scraper),
    WithJsonSchema({"type": "string", "pattern": r"^(sg-[0-9a-f]{8,17}|[\d.]+/\d{1,2})$"}),
]
