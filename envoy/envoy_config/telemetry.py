"""What Envoy tells of the calls that pass it: how much of it, and to whom."""

from dataclasses import dataclass
from datetime import timedelta

METRICS_PORT = 9903
"""The TCP port of the metrics listener: the next one after the admin interface and the discovery sidecar."""

OTLP_PORT = 4317
"""The TCP port that an OpenTelemetry collector takes traces on ("OpenTelemetry Protocol Exporter")."""

ADMIN_CLUSTER, COLLECTOR_CLUSTER = "envoy_admin", "otel_collector"
"""The clusters of what stands beside Envoy; no service may have these names."""

SAMPLE_PERCENT = 10.0
"""At 200 calls/s a log of all would be 5.1 GB a day (296 bytes a line, in a rehearsal); this is a tenth."""

SLOWER_THAN = timedelta(seconds=1)


@dataclass(frozen=True, kw_only=True)
class AccessLog:
    """Which calls the access log has lines for: a sample of all, and every failed or slow one.

    Args:
        sample_percent: The part of all calls, whatever became of them, in percent; 10 by default.
            It is no less true for being small: what a query finds in it holds for all calls.
        slower_than: A call that takes this long is logged in any case; 1 second by default.
        request_ids: Whether Envoy gives a call without an `x-request-id` one, for the log and for
            the task. Not by default: it costs a twentieth of Envoy's work (`bench/instructions.md`).

    Raises:
        ValueError: The sample is none of 0 to 100, or the time is not positive.

    """

    sample_percent: float = SAMPLE_PERCENT
    slower_than: timedelta = SLOWER_THAN
    request_ids: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.sample_percent <= 100:
            raise ValueError(f"a sample of {self.sample_percent:g} % is none; give 0 to 100")
        if self.slower_than <= timedelta(0):
            raise ValueError("every call is slower than that; give a positive time, such as 1 second")


@dataclass(frozen=True, kw_only=True)
class Metrics:
    """Metrics by service, gRPC method and endpoint, on a listener of their own.

    Args:
        port: The TCP port of the listener; 9903 by default.

    """

    port: int = METRICS_PORT


@dataclass(frozen=True, kw_only=True)
class Tracing:
    """Spans of calls, sent by OTLP to a collector in the same task.

    Args:
        sample_percent: The part of the calls without a trace of their caller's, in percent. A caller
            that samples (`traceparent`) decides for its own.
        collector_port: The TCP port of the collector on loopback; 4317 by default.

    Raises:
        ValueError: The sample is none of 0 to 100.

    """

    sample_percent: float = 1.0
    collector_port: int = OTLP_PORT

    def __post_init__(self) -> None:
        if not 0 <= self.sample_percent <= 100:
            raise ValueError(f"a sample of {self.sample_percent:g} % is none; give 0 to 100")
