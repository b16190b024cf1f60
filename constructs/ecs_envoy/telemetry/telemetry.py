"""The construct argument `Telemetry`: where a proxy's log, metrics and traces go."""

from dataclasses import dataclass, field
from typing import Annotated

from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs

from ecs_envoy.plan.proxy_telemetry import ProxyTelemetry
from ecs_envoy.settings.arguments import Example, check_fields
from ecs_envoy.telemetry.datadog import Datadog
from ecs_envoy.telemetry.managed_prometheus import ManagedPrometheus
from envoy_config import AccessLog, Tracing


@dataclass(frozen=True, kw_only=True)
class Telemetry:
    """Where a proxy's log, metrics and traces go; by default there is only a sampled log.

    Args:
        access_log: Which calls are logged: by default a sample of 10 %, and each call that failed or
            took a second.
        log_retention: How long CloudWatch Logs keeps the log; a month by default.
        log_key: The KMS key that encrypts the log, whose policy has to let CloudWatch Logs use it; AWS's own
            key by default.
        metrics: Whether Envoy serves metrics even if no backend below needs them. This is for your own
            Prometheus; let it in with `EnvoyProxy.allow_scrapes_from`.
        cloudwatch: Whether CloudWatch gets the metrics that `ProxyMonitoring` shows.
        prometheus: The workspace of Amazon Managed Service for Prometheus that gets all metrics.
        tracing: Which calls are traced, to X-Ray; none by default.
        datadog: The Datadog account that gets all metrics.

    Raises:
        ArgumentError: A value is not allowed.

    """

    access_log: Annotated[AccessLog, Example("AccessLog(sample_percent=10)")] = field(
        default_factory=AccessLog
    )
    log_retention: logs.RetentionDays = logs.RetentionDays.ONE_MONTH
    log_key: kms.IKey | None = None
    metrics: bool = False
    cloudwatch: bool = False
    prometheus: ManagedPrometheus | None = None
    tracing: Annotated[Tracing, Example("Tracing(sample_percent=1)")] | None = None
    datadog: Datadog | None = None

    def __post_init__(self) -> None:
        check_fields(self)

    @property
    def has_metrics(self) -> bool:
        """Whether Envoy serves metrics."""
        return bool(self.metrics or self.cloudwatch or self.prometheus or self.datadog)

    def for_proxy(self, *, cloudwatch_log_group: str) -> ProxyTelemetry:
        """Return what the containers of a proxy's task need to know about it.

        Args:
            cloudwatch_log_group: The log group that receives metrics for CloudWatch, if it gets any.

        """
        return ProxyTelemetry(
            access_log=self.access_log,
            tracing=self.tracing,
            metrics=self.has_metrics,
            cloudwatch_log_group=cloudwatch_log_group if self.cloudwatch else None,
            remote_write_url=self.prometheus.remote_write_url if self.prometheus else None,
            datadog=self.datadog is not None,
            datadog_log=self.datadog is not None and self.datadog.access_log,
        )
