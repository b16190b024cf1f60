"""The settings of what Envoy reports of calls: access log, metrics, traces."""

from datetime import timedelta

from pydantic import Field

from envoy_config.settings import Settings
from envoy_config.values import CallTime, Flag, Percent, Port

METRICS_PORT = 9903
"""The TCP port of the metrics listener: the next one after the admin interface and the discovery sidecar."""

OTLP_PORT = 4317
"""The TCP port that an OpenTelemetry collector takes traces on ("OpenTelemetry Protocol Exporter")."""

ADMIN_CLUSTER, COLLECTOR_CLUSTER = "envoy_admin", "otel_collector"
"""The clusters of what stands beside Envoy; no service may have these names."""


class AccessLog(Settings):
    """The log of calls: every failed or slow one, and a sample of all."""

    # At 200 calls/s a log of all calls would be 5.1 GB a day (296 bytes a line, measured in a rehearsal).
    sample_percent: Percent = Field(default=10.0, description="part of all calls that is logged, 0 to 100")
    slower_than: CallTime = Field(
        default=timedelta(seconds=1), description="a call that takes this long is logged in any case"
    )
    # Off by default: it costs a twentieth of Envoy's work (bench/instructions.md).
    request_ids: Flag = Field(
        default=False, description="whether Envoy makes an x-request-id for a call that has none"
    )


class Metrics(Settings):
    """Metrics by service, gRPC method and endpoint, on a listener of their own."""

    port: Port = Field(default=METRICS_PORT, description="the TCP port of the listener")


class Tracing(Settings):
    """Spans of calls, sent by OpenTelemetry's protocol to a collector in the same task."""

    sample_percent: Percent = Field(
        default=1.0, description="part of the calls that start a trace; a caller's own decision holds"
    )
