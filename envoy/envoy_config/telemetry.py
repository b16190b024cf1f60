"""The settings of Envoy's telemetry: access log, metrics, traces."""

from datetime import timedelta

from pydantic import Field

from envoy_config.settings import Settings
from envoy_config.values import CallTime, Flag, Percent, Port

METRICS_PORT = 9903
"""
The TCP port of the metrics listener: the next after those of the admin interface and the discovery sidecar.
"""

OTLP_PORT = 4317
"""The TCP port on which an OpenTelemetry collector receives traces ("OpenTelemetry Protocol Exporter")."""

ADMIN_CLUSTER, COLLECTOR_CLUSTER = "envoy_admin", "otel_collector"
"""Envoy's clusters for its admin interface and the collector; no service may have these names."""


class AccessLog(Settings):
    """The log of calls: every failed or slow call, and a sample of all calls."""

    # At 200 calls/s a log of all calls would have 5.1 GB a day (296 bytes for a line, measured in a
    # rehearsal).
    sample_percent: Percent = Field(
        default=10.0, description="percentage of all calls that is logged, 0 to 100"
    )
    slower_than: CallTime = Field(
        default=timedelta(seconds=1), description="calls that take this long are always logged"
    )
    # Off by default: it costs 5 % of Envoy's work (bench/instructions.md).
    request_ids: Flag = Field(
        default=False, description="whether Envoy adds an x-request-id to calls that have none"
    )


class Metrics(Settings):
    """Metrics by service, gRPC method and endpoint, on a listener of their own."""

    port: Port = Field(default=METRICS_PORT, description="the TCP port of the listener")


class Tracing(Settings):
    """Spans of calls, sent by OpenTelemetry's protocol to a collector in the same task."""

    sample_percent: Percent = Field(
        default=1.0,
        description="percentage of calls that start a trace; if the caller has decided, its decision applies",
    )
