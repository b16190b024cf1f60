"""The settings of a service that end in Envoy."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field

from envoy_config.settings import Settings
from envoy_config.values import Flag, HealthCheck, Port, ProtoService, bounded_duration

GRPC_PORT = 50051
"""The port of gRPC's own examples."""


_connect_timeout = bounded_duration("a connect timeout", timedelta(milliseconds=10), timedelta(seconds=30))
ConnectTimeout = Annotated[timedelta, *_connect_timeout]


class Upstream(Settings):
    """How Envoy calls the tasks of a gRPC service."""

    port: Port = Field(default=GRPC_PORT, description="the TCP port that tasks serve gRPC on")
    grpc_services: Annotated[Sequence[ProtoService], AfterValidator(tuple)] = Field(
        default=(),
        description="the fully qualified proto services routed here; only a sole service may omit them",
    )
    health_check: HealthCheck = Field(
        default="tcp",
        description="how Envoy checks a task: grpc needs grpc.health.v1 in the service, tcp works with every "
        "service, none trusts the list of tasks",
    )
    # Envoy's 5 s is far too long inside a VPC, and a retry on another task follows.
    connect_timeout: ConnectTimeout = Field(
        default=timedelta(seconds=1), description="time to open a connection to a task"
    )
    zone_aware: Flag = Field(
        default=True,
        description="whether the proxy prefers tasks of its own zone, where there are twice as many as zones",
    )
