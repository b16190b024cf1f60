"""The check that ECS runs in a container."""

from datetime import timedelta

from pydantic import Field

from ecs_envoy.settings import values
from envoy_config.settings import Settings
from envoy_config.values import duration_text


class ContainerHealthCheck(Settings):
    """The check that ECS runs inside the container; the image must contain the command."""

    command: list[values.Line] = Field(
        min_length=1, description="the command, such as [/bin/grpc_health_probe]"
    )
    interval: values.HealthCheckInterval = Field(
        default=timedelta(seconds=10), description="time between two checks"
    )
    timeout: values.HealthCheckTimeout = Field(
        default=timedelta(seconds=5), description="time limit for one check; at most the interval"
    )
    retries: values.Retries = Field(default=3, description="failures in a row before ECS replaces the task")
    start_period: values.HealthCheckStartPeriod = Field(
        default=timedelta(seconds=10), description="time to start, in which failures do not count"
    )


def check_timeout_problem(interval: timedelta, timeout: timedelta) -> str | None:
    """Return why a check cannot have these times; None if it can."""
    if timeout <= interval:
        return None
    given, most = duration_text(timeout), duration_text(interval)
    return f"is {given}, longer than the interval; give {most} at most"
