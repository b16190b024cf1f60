"""Which backends hear of a proxy's calls."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from aws_cdk import aws_logs as logs

import envoy_config
from ecs_envoy.plan.proxy_memory import sidecars
from ecs_envoy.telemetry.datadog import Datadog
from ecs_envoy.telemetry.managed_prometheus import ManagedPrometheus


@dataclass(frozen=True, kw_only=True)
class Telemetry:
    """Where a proxy's log, metrics and traces go; nothing but a sampled log by default.

    Args:
        access_log: Which calls are logged: by default 10 %, and each that failed or took a second.
        log_retention: How long CloudWatch Logs keeps the log; a month by default.
        metrics: Whether metrics are to be had on their listener though nothing below asks for
            them: for a Prometheus of your own, which you let in by `EnvoyProxy.allow_scrapes_from`.
        cloudwatch: Whether CloudWatch gets the metrics that `ProxyMonitoring` shows.
        prometheus: The workspace of Amazon Managed Service for Prometheus that gets all of them.
        tracing: Which calls are traced, to X-Ray; None for none.
        datadog: The account of Datadog's that gets all metrics.

    """

    access_log: envoy_config.AccessLog = field(default_factory=envoy_config.AccessLog)
    log_retention: logs.RetentionDays = logs.RetentionDays.ONE_MONTH
    metrics: bool = False
    cloudwatch: bool = False
    prometheus: ManagedPrometheus | None = None
    tracing: envoy_config.Tracing | None = None
    datadog: Datadog | None = None

    @property
    def of_envoy(self) -> envoy_config.Metrics | None:
        """What Envoy is told of metrics."""
        wanted = self.metrics or self.cloudwatch or self.prometheus or self.datadog
        return envoy_config.Metrics() if wanted else None

    def sidecars(self, *, discovery: bool) -> Sequence[str]:
        """Return the names of the containers beside Envoy, one that asks Cloud Map among them or not."""
        return sidecars(
            discovery=discovery,
            collector=bool(self.cloudwatch or self.prometheus or self.tracing),
            datadog=self.datadog is not None,
            datadog_log=self.datadog is not None and self.datadog.access_log,
        )
