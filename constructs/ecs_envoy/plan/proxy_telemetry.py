"""The telemetry of a proxy, as far as its containers need to know it."""

from dataclasses import dataclass

from envoy_config import AccessLog, Metrics, Tracing


@dataclass(frozen=True, kw_only=True)
class ProxyTelemetry:
    """The telemetry of a proxy.

    Attributes:
        access_log: Which calls are logged.
        tracing: Which calls are traced; None for none.
        metrics: Whether Envoy serves metrics.
        cloudwatch_log_group: The log group that receives metrics for CloudWatch; None for none.
        remote_write_url: The URL of the Prometheus workspace that metrics are written to; None for none.
        datadog: Whether Datadog's agent is in the task.
        datadog_log: Whether the access log goes to Datadog.

    """

    access_log: AccessLog
    tracing: Tracing | None = None
    metrics: bool = False
    cloudwatch_log_group: str | None = None
    remote_write_url: str | None = None
    datadog: bool = False
    datadog_log: bool = False

    @property
    def needs_collector(self) -> bool:
        """Whether the task needs an OpenTelemetry collector."""
        return bool(self.cloudwatch_log_group or self.remote_write_url or self.tracing)

    @property
    def envoy_metrics(self) -> Metrics | None:
        """The settings of Envoy's metrics listener; None for none."""
        return Metrics() if self.metrics else None
