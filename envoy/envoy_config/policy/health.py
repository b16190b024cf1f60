"""Policy of which tasks are fit for calls: what Envoy sees in their answers, and what it asks them."""

from datetime import timedelta

from pydantic import Field

from envoy_config.policy.kinds import (
    CheckedName,
    CheckInterval,
    CheckTimeout,
    EjectionTime,
    Threshold,
    WholePercent,
)
from envoy_config.settings import Settings
from envoy_config.values import HealthCheckType, OutlierDetectionType, Port


class OutlierDetection(Settings):
    """When a task that fails calls gets none for a while; a type alone is short for a block with it."""

    type: OutlierDetectionType = Field(
        default="gateway_failure",
        description="what ejects a task for some time: gateway_failure, calls in a row that it answers with "
        "UNAVAILABLE or DEADLINE_EXCEEDED, and without a health check 5 that do not reach it; "
        "local_origin_failure, 5 of the latter; none",
    )
    # A task that answers UNAVAILABLE to three of ten calls fails four of them on average before two come in a
    # row, and with three fifteen. With two, a task that fails one call in a hundred is ejected once in some
    # ten thousand calls (docs/grpc.md).
    failures: Threshold = Field(default=2, description="gateway failures in a row that eject a task")
    # Envoy's default of 30 s lets a task that is still sick fail calls twice as often.
    ejection_time: EjectionTime = Field(
        default=timedelta(seconds=60), description="how long the first ejection of a task lasts"
    )
    # One of two or three, two of six. If all tasks fail alike, because they are overloaded or their database
    # is down, no more of their capacity is lost.
    max_ejected_percent: WholePercent = Field(
        default=34, description="the share of the tasks that may be ejected at once; one may be in any case"
    )


class HealthCheck(Settings):
    """How Envoy checks a task; a type alone is short for a block with it."""

    type: HealthCheckType = Field(
        default="http2",
        description="http2 opens a connection of HTTP/2, which every gRPC server answers unless its process "
        "is frozen, and which is no call; grpc calls grpc.health.v1, which the service needs to have; tcp "
        "only connects, which a frozen process accepts; none does not check",
    )
    service: CheckedName = Field(
        default="",
        description="the name that grpc.health.v1 is asked for, for grpc; by default the whole server",
    )
    interval: CheckInterval | None = Field(
        default=None,
        description="time between two checks of a task; by default 1s, and more if the proxy has many tasks",
    )
    # So only a task that is silent for 1.8 s is taken for down, with two checks that are 200 ms apart.
    timeout: CheckTimeout = Field(
        default=timedelta(milliseconds=800), description="how long a task may take to answer"
    )
    # One failed check may be a lost packet, two in a row mean that the task is down.
    unhealthy_threshold: Threshold = Field(default=2, description="failed checks after which a task is down")
    healthy_threshold: Threshold = Field(
        default=1, description="good checks after which a task is up again; a new task needs one"
    )
    port: Port | None = Field(
        default=None, description="the TCP port that is checked; by default the one that gets calls"
    )
