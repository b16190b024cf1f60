"""Types of arguments that several constructs take, each with an example for the error message."""

import functools
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Annotated

from aws_cdk import Duration
from aws_cdk import aws_ecs as ecs
from pydantic import AfterValidator, TypeAdapter

from ecs_envoy.settings.arguments import Example
from ecs_envoy.settings.network.api_access import ApiAccess
from ecs_envoy.settings.task.options import ServerOptions
from ecs_envoy.settings.values import (
    DnsTtl,
    Drain,
    EnvironmentValue,
    PollInterval,
    PreStopWait,
    StopTimeout,
    VariableName,
)
from envoy_config import TrafficPolicy
from envoy_config.settings import Settings
from envoy_config.settings_error import Finding, KeyPath
from envoy_config.values import problem


def _within(kind: TypeAdapter[timedelta]) -> AfterValidator:
    """Return the check that a time is of `kind`, the type of the same setting in YAML."""

    def check(time: Duration) -> Duration:
        if _is_unresolved(time):
            raise problem(
                "is known only when the stack is deployed; give a time such as Duration.seconds(30)"
            )
        kind.validate_python(timedelta_of(time))
        return time

    return AfterValidator(check)


_EXAMPLE = Example("Duration.seconds(30)")
DnsTtlTime = Annotated[Duration, _EXAMPLE, _within(TypeAdapter(DnsTtl))]
StopTimeoutTime = Annotated[Duration, _EXAMPLE, _within(TypeAdapter(StopTimeout))]
PreStopWaitTime = Annotated[Duration, _EXAMPLE, _within(TypeAdapter(PreStopWait))]
DrainTime = Annotated[Duration, _EXAMPLE, _within(TypeAdapter(Drain))]
PollIntervalTime = Annotated[Duration, _EXAMPLE, _within(TypeAdapter(PollInterval))]
ContainerImage = Annotated[
    ecs.ContainerImage, Example('ecs.ContainerImage.from_registry("example.com/lessons:1.4.2")')
]
Environment = Mapping[VariableName, EnvironmentValue]
Secrets = Mapping[VariableName, Annotated[ecs.Secret, Example("ecs.Secret.from_secrets_manager(secret)")]]
PolicyArgument = Annotated[TrafficPolicy, Example("TrafficPolicy(timeout=timedelta(seconds=5))")]
ContainerHealthCheck = Annotated[ecs.HealthCheck, Example('ecs.HealthCheck(command=["CMD", "/bin/check"])')]


@functools.cache
def _is_unresolved(time: Duration) -> bool:
    return time.is_unresolved()


@functools.cache  # a call to Node takes longer than all else here, and a Duration never changes
def timedelta_of(time: Duration) -> timedelta:
    """Return the CDK's `time` as Python's timedelta."""
    return timedelta(milliseconds=time.to_milliseconds())


@functools.cache
def duration_of(time: timedelta) -> Duration:
    """Return Python's `time` as the CDK's Duration."""
    return Duration.millis(time / timedelta(milliseconds=1))


ARGUMENT_NAMES: dict[KeyPath, KeyPath] = {
    ("memory",): ("memory_limit_mib",),
    ("tasks", "max"): ("max_tasks",),
}
"""The paths of arguments that differ from the paths of YAML's keys."""

_GROUPS: dict[str, type[Settings]] = {"options": ServerOptions, "access": ApiAccess}
"""The groups of settings whose fields are keys of their own in YAML, by the argument's name."""


def argument_findings(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield `findings` with the names of construct arguments instead of YAML's keys."""
    for path, message in findings:
        group = next((name for name, kind in _GROUPS.items() if path[0] in kind.model_fields), None)
        yield (group, *path) if group else ARGUMENT_NAMES.get(path, path), message
