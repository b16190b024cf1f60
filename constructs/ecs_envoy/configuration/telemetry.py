"""Where the proxy's log, metrics and traces go. Each backend has a block, and is off without it."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from ecs_envoy.settings import values
from ecs_envoy.settings.alarm_thresholds import AlarmThresholds
from ecs_envoy.settings.datadog_sites import DatadogSite
from ecs_envoy.settings.secret_arn import SecretArn
from ecs_envoy.settings.task.references import KeyArn
from envoy_config import AccessLog, Tracing
from envoy_config.settings import Settings
from envoy_config.values import Flag


def _off(value: object) -> object:
    """Return None, which means no block, for false."""
    return None if value is False else value


def _switch(value: object) -> object:
    """Return the block that `value` stands for: an empty block for true, and None for false."""
    return {} if value is True else _off(value)


class LoggedCalls(AccessLog):
    """The log of calls: every failed or slow call, and a sample of all calls."""

    retention_days: values.RetentionDays = Field(default=30, description="days that CloudWatch Logs keeps it")
    kms_key: KeyArn | None = Field(
        default=None,
        description="the ARN of a KMS key that encrypts it and the metrics' log, whose policy lets "
        "CloudWatch Logs use it; AWS's own key by default",
    )


class CloudWatch(Settings):
    """A dashboard, alarms and Container Insights."""

    topic: values.TopicArn | None = Field(
        default=None,
        description="the ARN of the SNS topic that alarms notify, whose policy lets CloudWatch publish; "
        "a new one by default",
    )
    topic_kms_key: KeyArn | None = Field(
        default=None,
        description="the ARN of a KMS key that encrypts a new topic, whose policy lets CloudWatch use it; "
        "none by default",
    )
    alarms: AlarmThresholds = Field(default=AlarmThresholds(), description="when alarms go off")
    runbooks: values.Place = Field(
        default="docs/runbooks", description="the folder or URL of the runbooks that alarms name"
    )


class Prometheus(Settings):
    """Metrics for Prometheus: written to a workspace in AWS, or scraped by your own Prometheus, or both."""

    workspace: values.Workspace | None = Field(
        default=None,
        description="new, or the ARN of a workspace of Amazon Managed Service for Prometheus to write to",
    )
    scraped_from: list[values.Scraper] = Field(
        default=[], description="security groups (sg-...) or IPv4 blocks that may scrape port 9903"
    )


class Datadog(Settings):
    """Datadog's agent in the tasks of the proxy, the services and the API."""

    site: DatadogSite = Field(default="datadoghq.com", description="Datadog's site")
    api_key_secret: SecretArn = Field(
        description="the complete ARN of the secret in Secrets Manager that holds the API key"
    )
    service: values.Tag | None = Field(
        default=None, description="the tag service; the name of each service by default"
    )
    env: values.Tag | None = Field(default=None, description="the tag env; the environment's name by default")
    version: values.Tag | None = Field(default=None, description="the tag version; none by default")
    services: Flag = Field(
        default=True,
        description="whether the tasks of services and of the API get the agent, too. Those with an agent of "
        "their own never do: in sidecars, or named by a variable such as DD_AGENT_HOST or DD_API_KEY",
    )
    access_log: Flag = Field(
        default=False, description="whether the log of calls goes to Datadog instead of CloudWatch Logs"
    )


class Telemetry(Settings):
    """Where the proxy's log, metrics and traces go."""

    access_log: LoggedCalls = Field(default=LoggedCalls(), description="the log of calls")
    cloudwatch: Annotated[
        CloudWatch | None, BeforeValidator(_switch, json_schema_input_type=bool | CloudWatch | None)
    ] = Field(default=None, description="true, or a block with settings; off by default")
    prometheus: Annotated[
        Prometheus | None, BeforeValidator(_off, json_schema_input_type=Literal[False] | Prometheus | None)
    ] = Field(default=None, description="off by default")
    tracing: Annotated[
        Tracing | None, BeforeValidator(_switch, json_schema_input_type=bool | Tracing | None)
    ] = Field(default=None, description="true, or a block with settings; off by default")
    datadog: Annotated[
        Datadog | None, BeforeValidator(_off, json_schema_input_type=Literal[False] | Datadog | None)
    ] = Field(default=None, description="off by default")

    @property
    def has_metrics(self) -> bool:
        """Whether Envoy serves metrics."""
        return bool(self.cloudwatch or self.prometheus or self.datadog)
