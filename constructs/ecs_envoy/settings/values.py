"""Kinds of values that a setting of AWS can have, each with its bounds and its error message."""

import re
from datetime import timedelta
from ipaddress import IPv4Network
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

from ecs_envoy.settings.fargate_sizes import MEMORY_MIB
from ecs_envoy.settings.fargate_zones import ZONE_ID
from ecs_envoy.settings.log_retention import RETENTION_NAMES
from ecs_envoy.settings.regions import PARTITIONS, is_of_aws, region_problem
from ecs_envoy.settings.task.references import SECURITY_GROUP
from ecs_envoy.settings.workspace_arn import WORKSPACE_ARN
from envoy_config.values import bounded_duration, duration, number, problem, refusal, text, whole_number

SECOND = timedelta(seconds=1)

_cpu_percent = whole_number("a percentage of CPU", 10, 90)
CpuPercent = Annotated[int, *_cpu_percent]
_memory_percent = whole_number("a percentage of memory", 10, 90)
MemoryPercent = Annotated[int, *_memory_percent]
_calls_per_second = number("a number of calls a second", 0.1, 100_000)
CallsPerSecond = Annotated[float, *_calls_per_second]
_tasks = whole_number("a number of tasks", 1, 5000)
Tasks = Annotated[int, *_tasks]
_service_stacks = whole_number("a number of stacks of services", 1, 50)
ServiceStacks = Annotated[int, *_service_stacks]

_service_stack = whole_number("the number of a stack of services", 1, 50)
ServiceStack = Annotated[int, *_service_stack]
_retries = whole_number("a number of retries", 1, 10)
Retries = Annotated[int, *_retries]
_nat_gateways = whole_number("a number of NAT gateways", 1, 3)
NatGateways = Annotated[int, *_nat_gateways]
_error_percent = number("a percentage of calls", 0.01, 100)
ErrorPercent = Annotated[float, *_error_percent]
_skew = number("a ratio of the busiest task to the mean", 1.05, 10)
Skew = Annotated[float, *_skew]


def _cpu(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value not in MEMORY_MIB:
        raise refusal(value, "a CPU size of Fargate", f"one of {', '.join(map(str, MEMORY_MIB))}")
    return value


Cpu = Annotated[int, BeforeValidator(_cpu), WithJsonSchema({"enum": list(MEMORY_MIB)})]


def _memory(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 512:
        raise refusal(value, "a memory size in MiB", "one that Fargate offers, such as 512 or 1024")
    return value


Memory = Annotated[int, BeforeValidator(_memory), WithJsonSchema({"type": "integer", "minimum": 512})]


def _retention(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value not in RETENTION_NAMES:
        days = ", ".join(map(str, RETENTION_NAMES))
        raise refusal(value, "a number of days that CloudWatch Logs offers", f"one of {days}")
    return value


RetentionDays = Annotated[int, BeforeValidator(_retention), WithJsonSchema({"enum": list(RETENTION_NAMES)})]

_interval = bounded_duration("an interval of ECS's health checks", 5 * SECOND, 300 * SECOND, step=SECOND)
HealthCheckInterval = Annotated[timedelta, *_interval]
_timeout = bounded_duration("a timeout of ECS's health checks", 2 * SECOND, 60 * SECOND, step=SECOND)
HealthCheckTimeout = Annotated[timedelta, *_timeout]
_start_period = bounded_duration(
    "a start period of ECS's health checks", 0 * SECOND, 300 * SECOND, step=SECOND
)
HealthCheckStartPeriod = Annotated[timedelta, *_start_period]
_stop_timeout = bounded_duration("a stop timeout on Fargate", 2 * SECOND, 120 * SECOND, step=SECOND)
StopTimeout = Annotated[timedelta, *_stop_timeout]
_pre_stop_wait = bounded_duration("a pre-stop wait", 0 * SECOND, 115 * SECOND, step=SECOND)
PreStopWait = Annotated[timedelta, *_pre_stop_wait]
_DRAIN = "a time for open calls to end"
_, *_drain_schema = bounded_duration(_DRAIN, 1 * SECOND, 20 * SECOND, step=SECOND)


def _drain(value: object) -> timedelta:
    """Return `value`; `plan.stop.proxy_stop` refuses what is too long, and says why 20s are the most."""
    time = duration(value)
    if time % SECOND or time < SECOND:
        raise refusal(value, _DRAIN, "whole seconds from 1s to 20s")
    return time


Drain = Annotated[timedelta, BeforeValidator(_drain), *_drain_schema]
_dns_ttl = bounded_duration("a TTL of DNS records", 0 * SECOND, 300 * SECOND, step=SECOND)
DnsTtl = Annotated[timedelta, *_dns_ttl]
_poll_interval = bounded_duration("an interval between polls", SECOND / 2, 60 * SECOND)
PollInterval = Annotated[timedelta, *_poll_interval]
_discovery_age = bounded_duration("an age of Cloud Map's last answer", SECOND, 3600 * SECOND)
DiscoveryAge = Annotated[timedelta, *_discovery_age]
_work = bounded_duration("a time for one call", 0 * SECOND, SECOND)
Work = Annotated[timedelta, *_work]

_label = text(
    r"[a-z](?:[a-z0-9-]*[a-z0-9])?",
    "a DNS label",
    "lower-case letters, digits and hyphens, such as lessons",
    length=63,
)
DnsLabel = Annotated[str, *_label]
# All names that Cloud Map allows ("CreateService" in its API reference), because existing names cannot be
# changed.
_CLOUD_MAP_LABEL = r"(?:[A-Za-z0-9_][A-Za-z0-9_-]{0,61}[A-Za-z0-9_]|[A-Za-z0-9])"
_cloud_map_service = text(
    rf"{_CLOUD_MAP_LABEL}(?:\.{_CLOUD_MAP_LABEL})*",
    "the name of a Cloud Map service",
    "letters, digits, hyphens and underscores, in labels joined by dots, such as lessons",
    length=127,
)
CloudMapServiceName = Annotated[str, *_cloud_map_service]
_NAME = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_namespace_name = text(
    rf"(?:{_NAME}\.)*{_NAME}", "a DNS name", "labels joined by dots, such as learning.local", length=253
)


def _not_an_aws_domain(name: str) -> str:
    if is_of_aws(name):
        raise problem(
            f"{name!r} would hide AWS's own endpoints from the VPC; give another name, such as learning.local"
        )
    return name


NamespaceName = Annotated[str, BeforeValidator(_not_an_aws_domain), *_namespace_name]


def _region(value: object) -> str:
    if not isinstance(value, str):
        raise refusal(value, "an AWS region", "its code, such as eu-west-1")
    if message := region_problem(value):
        raise problem(message)
    return value


Region = Annotated[
    str,
    BeforeValidator(_region),
    WithJsonSchema({"enum": sorted(region for partition in PARTITIONS for region in partition.regions)}),
]
_account = text(r"\d{12}", "an AWS account", 'twelve digits in quotes, such as "111122223333"')
Account = Annotated[str, *_account]
_ZONE = r"[a-z]{2,4}(?:-[a-z]+)+-\d(?:-[a-z]{3}-\d)?[a-z]"
_zone = text(rf"{_ZONE}|{ZONE_ID}", "an availability zone", "its id, such as euw1-az1, or its name")
AvailabilityZone = Annotated[str, *_zone]
# A stack's own list has tokens, and stand-ins such as dummy1a until the CDK CLI has looked it up.
_stack_zone = text(
    rf"{_ZONE}|{ZONE_ID}|dummy\d[a-z]|[$#]\{{Token\[.*",
    "an availability zone",
    "its id, such as euw1-az1, or its name",
)
StackZone = Annotated[str, *_stack_zone]
_vpc = text(r"vpc-[0-9a-f]{8,17}", "a VPC's id", "one such as vpc-0123456789abcdef0")
VpcId = Annotated[str, *_vpc]
_DNS_LABEL = "[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_dns_name = text(
    rf"(?:{_DNS_LABEL}\.)+(?=[A-Za-z0-9-]*[A-Za-z]){_DNS_LABEL}",
    "a DNS name",
    "labels of at most 63 characters with dots between them, without scheme, port or final dot, such as "
    "lessons-internal.example.com",
    length=253,
)
DnsName = Annotated[str, *_dns_name]
_cut_over_percent = whole_number("a percentage of the look-ups", 0, 100)
CutOverPercent = Annotated[int, *_cut_over_percent]
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


def _scraper(value: object) -> str:
    if isinstance(value, str) and re.fullmatch(SECURITY_GROUP, value):
        return value
    try:
        return cidr(value)
    except ValueError:
        raise refusal(
            value, "a security group or an IPv4 block", "one such as sg-0123456789abcdef0 or 10.0.0.0/16"
        ) from None


Scraper = Annotated[
    str,
    BeforeValidator(_scraper),
    WithJsonSchema({"type": "string", "pattern": rf"^({SECURITY_GROUP}|[\d.]+/\d{{1,2}})$"}),
]
_variable = text(r"[A-Za-z_][\w.-]*", "the name of an environment variable", "one such as GRPC_ADDRESS")
VariableName = Annotated[str, *_variable]
_PART = r"[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*"
"""A component of a repository's name ("OCI distribution specification": pulling manifests)."""
_HOST = r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::\d{1,5})?"
_image = text(
    rf"(?!.*:latest$)(?:{_HOST}/)?{_PART}(?:/{_PART})*"
    r"(?::\w[\w.-]{0,127}(?:@sha256:[0-9a-f]{64})?|@sha256:[0-9a-f]{64})",
    "an image with an exact version",
    "a name with a tag other than latest or a digest, such as registry.example.com/lessons:1.4.2",
)
Image = Annotated[str, *_image]
_certificate = text(
    r"arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate/[\w-]+",
    "a certificate's ARN",
    "the ARN of a certificate in ACM, such as arn:aws:acm:eu-west-1:111122223333:certificate/0f...",
)
CertificateArn = Annotated[str, *_certificate]
_topic = text(
    r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}",
    "an SNS topic's ARN",
    "one such as arn:aws:sns:eu-west-1:111122223333:alarms",
)
TopicArn = Annotated[str, *_topic]
_workspace = text(
    rf"new|{WORKSPACE_ARN}",
    "a workspace",
    "new, or an ARN such as arn:aws:aps:eu-west-1:111122223333:workspace/ws-0123...",
)
Workspace = Annotated[str, *_workspace]
_cluster = text(
    r"[A-Za-z0-9_-]{1,255}",
    "an ECS cluster's name",
    "letters, digits, hyphens and underscores, such as shared",
)
EcsClusterName = Annotated[str, *_cluster]
_line = text(
    r"[^\x00-\x08\x0a-\x1f]*",
    "a string on one line",
    "one line of text, and put numbers, true and false in quotes",
    length=65536,
)
Line = Annotated[str, *_line]
_environment_value = text(
    r"[^\x00-\x08\x0b\x0c\x0e-\x1f]*",
    "the text of an environment variable",
    "text, with numbers and true or false in quotes",
    length=65536,
)
EnvironmentValue = Annotated[str, *_environment_value]
_path = text(r"/[\x21-\x7e]*", "a URL's path", "one such as /healthz")
UrlPath = Annotated[str, *_path]
_place = text(r"[\x21-\x7e]+", "a folder or a URL", "one such as https://wiki.example.com/runbooks")
Place = Annotated[str, *_place]
_dashboard = text(
    r"[A-Za-z0-9_-]{1,255}",
    "a dashboard's name",
    "letters, digits, hyphens and underscores, such as dev_grpc",
)
DashboardName = Annotated[str, *_dashboard]
_tag = text(r"\w[\w:./+-]*", "a Datadog tag", "letters, digits and _-:./+, such as prod", length=200)
Tag = Annotated[str, *_tag]
