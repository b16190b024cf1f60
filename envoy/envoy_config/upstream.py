"""Which calls are for a service, and the port that its tasks serve."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import AfterValidator, Field

from envoy_config.settings import Settings
from envoy_config.values import (
    HostName,
    Port,
    ProtoMethod,
    ProtoService,
)

GRPC_PORT = 50051
"""The port that gRPC's own examples use."""


_MOVED = {
    key.rpartition(".")[2]: f"it is {key} now"
    for key in (
        "policy.rate_limit.client_calls_per_second",
        "policy.connect_timeout",
        "policy.health_check",
        "policy.connections.max_concurrent_streams",
        "policy.circuit_breakers.max_open_calls",
        "policy.outlier_detection",
        "policy.load_balancing.zone_aware",
    )
}
"""Keys that a service had before it had a policy."""


class Upstream(Settings):
    """Which calls go to a gRPC service, and the port that its tasks serve."""

    hints = _MOVED

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
