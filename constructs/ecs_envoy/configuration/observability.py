"""Where the proxy's log, metrics and traces go: each backend has a block, and is off without it."""

from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, Field

from ecs_envoy.configuration.block import Block
from ecs_envoy.settings import telemetry_values as t
from ecs_envoy.settings import values as s
from ecs_envoy.settings.datadog_sites import DatadogSite


class AccessLogBlock(Block):
    """The log of calls: every failed or slow one, and a sample of all."""

    sample_percent: t.Percent = Field(default=10.0, description="part of all calls that is logged, 0 to 100")
    slower_than: t.SlowerThan = Field(
        default=timedelta(seconds=1), description="a call that takes this long is logged in any case"
    )
    request_ids: s.Flag = Field(
        default=False, description="whether Envoy makes an x-request-id for a call that has none"
    )
    retention_days: t.RetentionDays = Field(default=30, description="days that CloudWatch Logs keeps it")


class AlarmsBlock(Block):
    """When alarms go off."""

    error_percent: t.ErrorPercent = Field(
        default=1.0, description="calls of a service that fail by the server's or the proxy's doing"
    )
    p99: t.SlowerThan = Field(
        default=timedelta(seconds=1), description="the time that 99 % of a service's calls stay within"
    )
    proxy_cpu_percent: s.CpuPercent = Field(default=60, description="the proxy's mean CPU")
    proxy_memory_percent: s.CpuPercent = Field(default=80, description="the proxy's mean memory")
    skew: t.Skew = Field(
        default=1.25, description="a service's busiest task's CPU over the mean of its tasks"
    )


class CloudWatch(Block):
    """A dashboard, alarms and Container Insights."""

    topic: t.TopicArn | None = Field(
        default=None, description="the ARN of the SNS topic that hears of alarms; a new one by default"
    )
    alarms: AlarmsBlock = Field(default=AlarmsBlock(), description="when alarms go off")
    runbooks: t.Place = Field(
        default="docs/runbooks", description="the folder or URL of the runbooks that alarms name"
    )


class Prometheus(Block):
    """Metrics for Prometheus: written to a workspace of AWS's, or scraped by one of yours, or both."""

    workspace: t.Workspace | None = Field(
        default=None,
        description="new, or the ARN of a workspace of Amazon Managed Service for Prometheus to write to",
    )
    scraped_from: list[t.Scraper] = Field(
        default=[], description="security groups (sg-...) or IPv4 blocks that may scrape port 9903"
    )


class Tracing(Block):
    """Spans by OpenTelemetry, to AWS X-Ray."""

    sample_percent: t.Percent = Field(
        default=1.0, description="part of the calls that start a trace; a caller's own decision holds"
    )


class Datadog(Block):
    """Datadog's agent in the tasks of the proxy, the services and the API."""

    site: DatadogSite = Field(default="datadoghq.com", description="Datadog's site")
    api_key_secret: s.SecretArn = Field(
        description="the complete ARN of the secret in Secrets Manager that is the API key"
    )
    service: t.Tag | None = Field(
        default=None, description="the tag service; the name of each service by default"
    )
    env: t.Tag | None = Field(default=None, description="the tag env; the environment's name by default")
    version: t.Tag | None = Field(default=None, description="the tag version; none by default")
    access_log: s.Flag = Field(
        default=False, description="whether the log of calls goes to Datadog, and not to CloudWatch Logs"
    )


class Observability(Block):
    """Where the proxy's log, metrics and traces go."""

    access_log: AccessLogBlock = Field(default=AccessLogBlock(), description="the log of calls")
    cloudwatch: Annotated[CloudWatch | None, BeforeValidator(t.switch)] = Field(
        default=None, description="true, or how; off by default"
    )
    prometheus: Prometheus | None = Field(default=None, description="off by default")
    tracing: Annotated[Tracing | None, BeforeValidator(t.switch)] = Field(
        default=None, description="true, or how; off by default"
    )
    datadog: Datadog | None = Field(default=None, description="off by default")

    @property
    def collector(self) -> bool:
        """Whether an OpenTelemetry collector stands beside Envoy."""
        writes = self.prometheus is not None and self.prometheus.workspace is not None
        return bool(self.cloudwatch or self.tracing) or writes

    @property
    def metrics(self) -> bool:
        """Whether Envoy has metrics to be read."""
        return bool(self.cloudwatch or self.prometheus or self.datadog)
