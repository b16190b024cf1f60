"""Policy of how much a service takes at once, and of the connections to its tasks."""

from datetime import timedelta

from pydantic import Field

from envoy_config.policy.kinds import AtOnce, ConcurrentStreams, ConnectionTime
from envoy_config.settings import Settings


class CircuitBreakers(Settings):
    """How much one task of the proxy has open towards a service; what is more ends with UNAVAILABLE."""

    max_open_calls: AtOnce | None = Field(
        default=None,
        description="open calls in one task of the proxy, at most; by default 16 for each MiB of Envoy's "
        "memory",
    )
    max_pending_calls: AtOnce | None = Field(
        default=None,
        description="calls that wait for a connection, at most; by default as many as may be open",
    )
    max_connections: AtOnce | None = Field(
        default=None,
        description="connections to the service's tasks, at most, but one to each task in any case: more "
        "calls wait; by default one for each open call",
    )
    # Envoy's default of 3 for a whole cluster is used up at once when tasks leave under load, and so is a
    # budget of 20 % when half of the tasks leave (measured by `make rehearse`: calls failed with UO). Only
    # calls that no task has begun are repeated by default, so retries add no work to the tasks.
    max_retries: AtOnce = Field(default=1024, description="retries at once, at most")


class Connections(Settings):
    """The connections from the proxy to the service's tasks."""

    # Envoy learns a server's own limit only after it has sent its first calls. A grpcio server refuses what
    # exceeds its limit with ENHANCE_YOUR_CALM, which cannot be retried. With 10, a burst opens more
    # connections instead (docs/grpc.md).
    max_concurrent_streams: ConcurrentStreams = Field(
        default=10,
        description="open calls on one connection to a task; for more calls Envoy opens more connections. It "
        "must not exceed the server's own limit",
    )
    max_duration: ConnectionTime | None = Field(
        default=None,
        description="how long a connection gets new calls; open calls then end in peace. No limit by default",
    )
    # By default a gRPC server closes a connection that is pinged more often ("too_many_pings" in gRPC's
    # "Keepalive" guide), and the calls on it are lost.
    keepalive_interval: ConnectionTime = Field(
        default=timedelta(minutes=5),
        description="time between two pings of HTTP/2 on a connection; a gRPC server closes one that is "
        "pinged more often than it allows, which is every 5m unless it says otherwise",
    )
    keepalive_timeout: ConnectionTime = Field(
        default=timedelta(seconds=10),
        description="how long a ping may stay without an answer until the connection ends, with its calls",
    )
