"""The settings of a service that Envoy uses."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field

from envoy_config.settings import Settings
from envoy_config.values import (
    Flag,
    HealthCheck,
    HostName,
    OutlierDetection,
    Port,
    ProtoMethod,
    ProtoService,
    bounded_duration,
    whole_number,
)

GRPC_PORT = 50051
"""The port that gRPC's own examples use."""


_connect_timeout = bounded_duration("a connect timeout", timedelta(milliseconds=10), timedelta(seconds=30))
ConnectTimeout = Annotated[timedelta, *_connect_timeout]

_concurrent_streams = whole_number("a number of open calls on a connection", 1, 1024)
ConcurrentStreams = Annotated[int, *_concurrent_streams]

_open_calls = whole_number("a number of open calls", 1, 1_000_000)
OpenCalls = Annotated[int, *_open_calls]

_call_rate = whole_number("a number of calls a second", 1, 1_000_000)
CallRate = Annotated[int, *_call_rate]


class Upstream(Settings):
    """How Envoy calls the tasks of a gRPC service."""

    port: Port = Field(default=GRPC_PORT, description="the TCP port that tasks serve gRPC on")
    grpc_services: Annotated[Sequence[ProtoService], AfterValidator(tuple)] = Field(
        default=(),
        description="the fully qualified proto services routed here, whatever name the client dials; needed "
        "if the proxy has other services, unless there are hosts",
    )
    hosts: Annotated[Sequence[HostName], AfterValidator(tuple)] = Field(
        default=(),
        description="names that clients dial, such as lessons-internal.example.com: every call by such a "
        "name comes here, whatever its proto service and port. Services that share a host list their "
        "grpc_services, and get those",
    )
    streaming_methods: Annotated[Sequence[ProtoMethod], AfterValidator(tuple)] = Field(
        default=(),
        description="methods whose calls are long by design, such as learning.v1.Lessons/Watch: they are "
        "counted, but in no percentile of durations, and are not logged for being slow",
    )
    health_check: HealthCheck = Field(
        default="http2",
        description="how Envoy checks a task: http2 opens a connection of HTTP/2, which every gRPC server "
        "answers unless its process is frozen, and which is no call; grpc calls grpc.health.v1, which the "
        "service needs to have; tcp only connects, which a frozen process accepts; none does not check",
    )
    # Envoy's default of 5 s is far too long inside a VPC, and Envoy then retries on another task.
    connect_timeout: ConnectTimeout = Field(
        default=timedelta(seconds=1), description="time to open a connection to a task"
    )
    # Envoy learns a server's own limit only after it has sent its first calls. A grpcio server refuses what
    # exceeds its limit with ENHANCE_YOUR_CALM, which cannot be retried. With 10, a burst opens more
    # connections instead (docs/grpc.md).
    max_concurrent_streams: ConcurrentStreams = Field(
        default=10,
        description="open calls on one connection to a task; for more calls Envoy opens more connections. It "
        "must not exceed the server's own limit",
    )
    max_open_calls: OpenCalls | None = Field(
        default=None,
        description="open calls in one task of the proxy, at most; more end at once with UNAVAILABLE. By "
        "default 16 for each MiB of Envoy's memory",
    )
    # A filter counts these calls, and every filter costs 5 % of Envoy's work on a call. So there is none by
    # default.
    client_calls_per_second: CallRate | None = Field(
        default=None,
        description="calls a second that one IP address may make through one task of the proxy, and as many "
        "at once; more end with RESOURCE_EXHAUSTED. No limit by default",
    )
    outlier_detection: OutlierDetection = Field(
        default="gateway_failure",
        description="what ejects a task for some time: gateway_failure, 2 calls in a row that it "
        "answers with UNAVAILABLE or DEADLINE_EXCEEDED, and without a health check 5 that do not reach it; "
        "local_origin_failure, 5 of the latter; none",
    )
    zone_aware: Flag = Field(
        default=True,
        description="whether the proxy prefers tasks of its own zone; it does so only if there are at least "
        "twice as many tasks as zones",
    )
