"""Checks the times of a service's stop in the same way as the configuration."""

from datetime import timedelta

from aws_cdk import Duration
from aws_cdk import aws_ecs as ecs
from pydantic import TypeAdapter

from ecs_envoy.fargate.arguments import timedelta_of
from ecs_envoy.plan.stop_order import DNS_TTL, TaskStop
from ecs_envoy.settings.arguments import findings_of
from ecs_envoy.settings.values import DnsTtl, PreStopWait, StopTimeout
from envoy_config.settings_error import Finding


def task_stop(
    *, dns_ttl: Duration | None, pre_stop_wait: Duration | None, image: ecs.ContainerImage | None
) -> TaskStop:
    """Return how tasks stop, with defaults for arguments that are None."""
    return TaskStop(
        dns_ttl=timedelta_of(dns_ttl) if dns_ttl else DNS_TTL,
        pre_stop_wait=timedelta_of(pre_stop_wait) if pre_stop_wait else None,
        has_pre_stop_image=image is not None,
    )


_KINDS: dict[str, TypeAdapter[timedelta]] = {
    "dns_ttl": TypeAdapter(DnsTtl),
    "stop_timeout": TypeAdapter(StopTimeout),
    "pre_stop_wait": TypeAdapter(PreStopWait),
}


def stop_time_findings(
    *, dns_ttl: Duration | None, stop_timeout: Duration | None, pre_stop_wait: Duration | None
) -> list[Finding]:
    """Return why times cannot be used, with the argument of each."""
    times = {"dns_ttl": dns_ttl, "stop_timeout": stop_timeout, "pre_stop_wait": pre_stop_wait}
    return [
        finding
        for argument, time in times.items()
        if time is not None
        for finding in findings_of(_KINDS[argument], timedelta_of(time), argument)
    ]
