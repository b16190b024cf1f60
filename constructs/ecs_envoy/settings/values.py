"""The kinds of value that a configuration file holds, each with its own refusal."""

import re
from datetime import timedelta
from ipaddress import IPv4Network
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError


def refusal(value: object, kind: str, cure: str) -> PydanticCustomError:
    """Return the error of `value` not being `kind`; `cure` says what to give."""
    return problem(f"{shown(value)} is not {kind}; give {cure}")


def problem(text: str) -> PydanticCustomError:
    """Return an error that says `text`, without pydantic's own words."""
    return PydanticCustomError("ecs_envoy", "{text}", {"text": text})


def shown(value: object) -> str:
    """Return `value` as its writer would recognise it."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if value is None or isinstance(value, bool):
        return {None: "nothing", True: "true", False: "false"}[value]
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 80 else f"{text[:76]}..."


def _whole_number(kind: str, low: int, high: int) -> BeforeValidator:
    def check(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise refusal(value, kind, f"a number from {low} to {high}")
        return value

    return BeforeValidator(check)


def text(pattern: str, kind: str, cure: str, *, length: int = 2048) -> tuple[BeforeValidator, WithJsonSchema]:
    """Return the check that a value matches `pattern` whole; `cure` says what to give."""
    compiled = re.compile(pattern, re.ASCII)

    def check(value: object) -> str:
        if not isinstance(value, str) or len(value) > length or not compiled.fullmatch(value):
            raise refusal(value, kind, cure)
        return value

    schema = {"type": "string", "pattern": f"^(?:{pattern})$", "maxLength": length}
    return BeforeValidator(check), WithJsonSchema(schema)


_LABEL = r"[a-z](?:[a-z0-9-]*[a-z0-9])?"
DURATION_SCHEMA = WithJsonSchema({"type": "string", "pattern": "^\\d{1,9}(ms|s|m|h)$"})
_UNITS = {"ms": "milliseconds", "s": "seconds", "m": "minutes", "h": "hours"}


def duration(value: object) -> timedelta:
    """Return the time that `value` names, such as 3s."""
    match = re.fullmatch(r"([0-9]{1,9})(ms|s|m|h)", value) if isinstance(value, str) else None
    if match is None:
        raise refusal(value, "a duration", "a number with its unit, such as 250ms, 3s or 1m")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


Port = Annotated[
    int,
    _whole_number("a port", 1, 65535),
    WithJsonSchema({"type": "integer", "minimum": 1, "maximum": 65535}),
]
UnprivilegedPort = Annotated[
    int,
    _whole_number("a port that Envoy, without root's rights, may open", 1024, 65535),
    WithJsonSchema({"type": "integer", "minimum": 1024, "maximum": 65535}),
]
Tasks = Annotated[
    int,
    _whole_number("a number of tasks", 1, 5000),
    WithJsonSchema({"type": "integer", "minimum": 1, "maximum": 5000}),
]
CpuPercent = Annotated[
    int,
    _whole_number("a percentage of CPU", 10, 90),
    WithJsonSchema({"type": "integer", "minimum": 10, "maximum": 90}),
]
Retries = Annotated[
    int,
    _whole_number("a number of retries", 1, 10),
    WithJsonSchema({"type": "integer", "minimum": 1, "maximum": 10}),
]
NatGateways = Annotated[
    int,
    _whole_number("a number of NAT gateways", 1, 3),
    WithJsonSchema({"type": "integer", "minimum": 1, "maximum": 3}),
]


def _bounded_duration(kind: str, low: int, high: int) -> tuple[BeforeValidator, WithJsonSchema]:
    """Return the check of a duration in whole seconds, as ECS wants it."""

    def check(value: object) -> timedelta:
        time = duration(value)
        if time % timedelta(seconds=1) or not low <= time.total_seconds() <= high:
            raise refusal(value, kind, f"whole seconds from {low}s to {high}s")
        return time

    return BeforeValidator(check), DURATION_SCHEMA


_interval = _bounded_duration("an interval of ECS's health checks", 5, 300)
HealthCheckInterval = Annotated[timedelta, *_interval]
_timeout = _bounded_duration("a timeout of ECS's health checks", 2, 60)
HealthCheckTimeout = Annotated[timedelta, *_timeout]
_stop_timeout = _bounded_duration("a stop timeout of Fargate's", 2, 120)
StopTimeout = Annotated[timedelta, *_stop_timeout]
_pre_stop_wait = _bounded_duration("a wait before a stop", 1, 115)
PreStopWait = Annotated[timedelta, *_pre_stop_wait]
_start_period = _bounded_duration("a start period of ECS's health checks", 0, 300)
HealthCheckStartPeriod = Annotated[timedelta, *_start_period]


def _work(value: object) -> timedelta:
    time = duration(value)
    if time > timedelta(seconds=1):
        raise refusal(value, "a time for one call", "one up to 1s, such as 5ms")
    return time


Work = Annotated[
    timedelta,
    BeforeValidator(_work),
    DURATION_SCHEMA,
]


def _poll_interval(value: object) -> timedelta:
    time = duration(value)
    if not timedelta(milliseconds=500) <= time <= timedelta(minutes=1):
        raise refusal(value, "an interval between polls", "one from 500ms to 1m, such as 1s")
    return time


PollInterval = Annotated[timedelta, BeforeValidator(_poll_interval), DURATION_SCHEMA]


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise refusal(value, "true or false", "one of the two, without quotes")
    return value


Flag = Annotated[bool, BeforeValidator(_flag), WithJsonSchema({"type": "boolean"})]

_name = text(_LABEL, "a DNS label", "lower-case letters, digits and hyphens, such as lessons", length=63)
DnsLabel = Annotated[str, *_name]
_domain = text(
    rf"(?:{_LABEL}\.)+{_LABEL}", "a DNS name", "labels joined by dots, such as learning.local", length=253
)
DnsName = Annotated[str, *_domain]
_account = text(r"\d{12}", "an AWS account", 'twelve digits in quotes, such as "111122223333"')
Account = Annotated[str, *_account]
_region = text(r"[a-z]{2}(?:-[a-z]+)+-\d", "an AWS region", "its code, such as eu-west-1")
Region = Annotated[str, *_region]
_zone = text(r"[a-z]{2}(?:-[a-z]+)+-\d[a-z]", "an availability zone", "its code, such as eu-west-1a")
AvailabilityZone = Annotated[str, *_zone]
_vpc = text(r"vpc-[0-9a-f]{8,17}", "a VPC's id", "one such as vpc-0123456789abcdef0")
VpcId = Annotated[str, *_vpc]
_group = text(r"sg-[0-9a-f]{8,17}", "a security group's id", "one such as sg-0123456789abcdef0")
SecurityGroupId = Annotated[str, *_group]
_namespace = text(r"ns-[a-z0-9]+", "a Cloud Map namespace's id", "one such as ns-0123456789abcdef")
NamespaceId = Annotated[str, *_namespace]


def cidr(value: object) -> str:
    """Return `value` if it is an IPv4 block."""
    try:
        if isinstance(value, str) and "/" in value:
            return str(IPv4Network(value))
    except ValueError:
        pass
    raise refusal(value, "an IPv4 block", "its first address and its length, such as 10.0.0.0/16")


Cidr = Annotated[
    str, BeforeValidator(cidr), WithJsonSchema({"type": "string", "pattern": r"^[\d.]+/\d{1,2}$"})
]


def _vpc_cidr(value: object) -> str:
    block = cidr(value)
    if not 16 <= IPv4Network(block).prefixlen <= 22:
        raise refusal(
            value, "a VPC's block with room for our subnets", "a length from 16 to 22, such as 10.0.0.0/16"
        )
    return block


VpcCidr = Annotated[
    str,
    BeforeValidator(_vpc_cidr),
    WithJsonSchema({"type": "string", "pattern": r"^[\d.]+/(1[6-9]|2[0-2])$"}),
]
_proto = text(
    r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+", "a proto service", "its package and name, such as learning.v1.Lessons"
)
ProtoService = Annotated[str, *_proto]
_method = text(
    r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*/[A-Za-z_]\w*",
    "a gRPC method",
    "its proto service and name, such as learning.v1.Lessons/List",
)
ProtoMethod = Annotated[str, *_method]
_variable = text(r"[A-Za-z_]\w*", "the name of an environment variable", "one such as GRPC_ADDRESS")
VariableName = Annotated[str, *_variable]
_image = text(
    r"(?!.*:latest$)[a-z0-9][\w.\-/]*(?::\d+/[\w.\-/]+)?(?::[\w][\w.\-]{0,127}(?:@sha256:[0-9a-f]{64})?"
    r"|@sha256:[0-9a-f]{64})",
    "an image with an exact version",
    "a name with a tag other than latest or a digest, such as registry.example.com/lessons:1.4.2",
)
Image = Annotated[str, *_image]
_certificate = text(
    r"arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate/[\w-]+",
    "a certificate's ARN",
    "that of ACM, such as arn:aws:acm:eu-west-1:111122223333:certificate/0f...",
)
CertificateArn = Annotated[str, *_certificate]
_secret = text(
    r"arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]+-[A-Za-z0-9]{6}",
    "a secret's ARN",
    "the complete one of Secrets Manager, with its six random characters",
)
SecretArn = Annotated[str, *_secret]
_cluster = text(
    r"[A-Za-z0-9_-]{1,255}",
    "an ECS cluster's name",
    "letters, digits, hyphens and underscores, such as shared",
)
EcsClusterName = Annotated[str, *_cluster]
_line = text(r"[^\x00-\x08\x0a-\x1f]*", "text", "text on one line; put numbers and true or false in quotes")
Line = Annotated[str, *_line]
_path = text(r"/[\x21-\x7e]*", "a URL's path", "one such as /healthz")
UrlPath = Annotated[str, *_path]
