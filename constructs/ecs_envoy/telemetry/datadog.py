"""A Datadog account that tasks report to."""

from dataclasses import dataclass

from aws_cdk import aws_secretsmanager as secretsmanager

from ecs_envoy.settings.arguments import check_fields
from ecs_envoy.settings.datadog_sites import DatadogSite
from ecs_envoy.settings.values import Tag


@dataclass(frozen=True, kw_only=True)
class Datadog:
    """A Datadog account, and the unified service tags of what reports to it.

    Args:
        api_key_secret: The secret whose whole text is the API key. Only the execution roles of the
            tasks may read it.
        env: The tag `env`.
        site: The site, such as `datadoghq.eu`; `datadoghq.com` by default, as in Datadog's tools.
        service: The tag `service`; the name of each service by default.
        version: The tag `version`; none by default.
        access_log: Whether the proxy's log goes to Datadog by FireLens instead of CloudWatch Logs.

    Raises:
        ArgumentError: A value is not allowed.

    """

    api_key_secret: secretsmanager.ISecret
    env: Tag
    site: DatadogSite = "datadoghq.com"
    service: Tag | None = None
    version: Tag | None = None
    access_log: bool = False

    def __post_init__(self) -> None:
        check_fields(self)
