"""The times of a container health check, checked as the configuration checks them."""

from dataclasses import dataclass
from datetime import timedelta

from aws_cdk import Duration
from aws_cdk import aws_ecs as ecs
from pydantic import TypeAdapter

from ecs_envoy.fargate.arguments import timedelta_of
from ecs_envoy.settings.arguments import findings_of
from ecs_envoy.settings.values import HealthCheckInterval, HealthCheckStartPeriod, HealthCheckTimeout
from envoy_config.settings_error import Finding

_KINDS: dict[str, TypeAdapter[timedelta]] = {
    "interval": TypeAdapter(HealthCheckInterval),
    "timeout": TypeAdapter(HealthCheckTimeout),
    "start_period": TypeAdapter(HealthCheckStartPeriod),
}


@dataclass(frozen=True, kw_only=True)
class CheckTimes:
    """The times of a container health check.

    Attributes:
        interval: The time between two checks; None if it is not given or not allowed.
        timeout: The time for one check; None if it is not given or not allowed.
        findings: Why times are not allowed.

    """

    interval: timedelta | None
    timeout: timedelta | None
    findings: tuple[Finding, ...]


def check_times(check: ecs.HealthCheck | None) -> CheckTimes:
    """Return the times of `check`. A time that is known only when the stack is deployed is not checked."""
    given: dict[str, Duration | None] = (
        {"interval": check.interval, "timeout": check.timeout, "start_period": check.start_period}
        if check
        else {}
    )
    times = {name: timedelta_of(t) for name, t in given.items() if t is not None and not t.is_unresolved()}
    findings: list[Finding] = [
        (("container_health_check", *path), message)
        for name, time in times.items()
        for path, message in findings_of(_KINDS[name], time, name)
    ]
    wrong = {path[1] for path, _ in findings}
    return CheckTimes(
        interval=None if "interval" in wrong else times.get("interval"),
        timeout=None if "timeout" in wrong else times.get("timeout"),
        findings=tuple(findings),
    )
