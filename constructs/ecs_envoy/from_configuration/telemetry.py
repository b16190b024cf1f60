"""Defines where the log, metrics and traces of a configuration go."""

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_logs as logs
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from ecs_envoy.configuration.model import Configuration
from ecs_envoy.fargate.task_definition import kms_key
from ecs_envoy.proxy.envoy_proxy import EnvoyProxy
from ecs_envoy.settings.log_retention import RETENTION_NAMES
from ecs_envoy.telemetry.datadog import Datadog
from ecs_envoy.telemetry.managed_prometheus import ManagedPrometheus
from ecs_envoy.telemetry.telemetry import Telemetry
from envoy_config import AccessLog


def datadog_account(scope: Construct, configuration: Configuration) -> Datadog | None:
    """Return the Datadog account in `configuration`; None without one."""
    settings = configuration.telemetry.datadog
    if settings is None:
        return None
    return Datadog(
        api_key_secret=secretsmanager.Secret.from_secret_complete_arn(
            scope, "DatadogApiKey", settings.api_key_secret
        ),
        site=settings.site,
        service=settings.service,
        env=settings.env or configuration.environment,
        version=settings.version,
        access_log=settings.access_log,
    )


def datadog_of_servers(scope: Construct, configuration: Configuration) -> Datadog | None:
    """Return the account that services and the API report to by our agent; None for no agent."""
    settings = configuration.telemetry.datadog
    return datadog_account(scope, configuration) if settings and settings.services else None


def define_telemetry(scope: Construct, configuration: Configuration) -> Telemetry:
    """Return where the proxy's log, metrics and traces go; define a Prometheus workspace if one is needed."""
    telemetry = configuration.telemetry
    workspace = telemetry.prometheus.workspace if telemetry.prometheus else None
    return Telemetry(
        access_log=telemetry.access_log.part(AccessLog),
        log_retention=logs.RetentionDays[RETENTION_NAMES[telemetry.access_log.retention_days]],
        log_key=kms_key(scope, "LogKey", telemetry.access_log.kms_key),
        metrics=telemetry.has_metrics,
        cloudwatch=telemetry.cloudwatch is not None,
        prometheus=(
            ManagedPrometheus(
                scope,
                f"{configuration.environment}-ecs-envoy",
                workspace_arn=None if workspace == "new" else workspace,
            )
            if workspace
            else None
        ),
        tracing=telemetry.tracing,
        datadog=datadog_account(scope, configuration),
    )


def allow_scrapes(scope: Construct, configuration: Configuration, proxy: EnvoyProxy) -> None:
    """Let the scrapers of `configuration` read the metrics of `proxy`."""
    settings = configuration.telemetry.prometheus
    for scraper in settings.scraped_from if settings else []:
        if scraper.startswith("sg-"):
            proxy.allow_scrapes_from(
                ec2.SecurityGroup.from_security_group_id(scope, f"Scraper-{scraper}", scraper)
            )
        else:
            proxy.allow_scrapes_from(ec2.Peer.ipv4(scraper))
