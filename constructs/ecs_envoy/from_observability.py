"""What the `observability` of an environment's configuration asks for."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_logs as logs
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sns as sns

from constructs import Construct
from ecs_envoy.alarm_thresholds import AlarmThresholds
from ecs_envoy.configuration.model import Configuration
from ecs_envoy.configuration.observability import CloudWatch
from ecs_envoy.configuration.upstreams import access_log, tracing
from ecs_envoy.datadog import Datadog
from ecs_envoy.envoy_proxy import EnvoyProxy
from ecs_envoy.grpc_service import GrpcService
from ecs_envoy.log_retention import RETENTION_NAMES
from ecs_envoy.managed_prometheus import ManagedPrometheus
from ecs_envoy.routed_service import RoutedService
from ecs_envoy.telemetry import Telemetry

if TYPE_CHECKING:
    from ecs_envoy.proxy_monitoring import ProxyMonitoring


def datadog(scope: Construct, configuration: Configuration) -> Datadog | None:
    """Return the account of Datadog's that `configuration` names; None without one."""
    wanted = configuration.observability.datadog
    if wanted is None:
        return None
    return Datadog(
        api_key_secret=secretsmanager.Secret.from_secret_complete_arn(
            scope, "DatadogApiKey", wanted.api_key_secret
        ),
        site=wanted.site,
        service=wanted.service,
        env=wanted.env or configuration.environment,
        version=wanted.version,
        access_log=wanted.access_log,
    )


def telemetry(scope: Construct, configuration: Configuration) -> Telemetry:
    """Return where the proxy's log, metrics and traces go, and define what that takes."""
    observed = configuration.observability
    workspace = observed.prometheus.workspace if observed.prometheus else None
    return Telemetry(
        access_log=access_log(observed),
        log_retention=logs.RetentionDays[RETENTION_NAMES[observed.access_log.retention_days]],
        metrics=observed.metrics,
        cloudwatch=observed.cloudwatch is not None,
        prometheus=(
            ManagedPrometheus(
                scope,
                f"{configuration.environment}-ecs-envoy",
                workspace_arn=None if workspace == "new" else workspace,
            )
            if workspace
            else None
        ),
        tracing=tracing(observed),
        datadog=datadog(scope, configuration),
    )


def allow_scrapes(scope: Construct, configuration: Configuration, proxy: EnvoyProxy) -> None:
    """Let the scrapers of `configuration` read the metrics of `proxy`."""
    wanted = configuration.observability.prometheus
    for place in wanted.scraped_from if wanted else []:
        if place.startswith("sg-"):
            proxy.allow_scrapes_from(
                ec2.SecurityGroup.from_security_group_id(scope, f"Scraper-{place}", place)
            )
        else:
            proxy.allow_scrapes_from(ec2.Peer.ipv4(place))


def proxy_monitoring(
    scope: Construct,
    wanted: CloudWatch,
    *,
    configuration: Configuration,
    proxy: EnvoyProxy,
    services: Sequence[RoutedService],
) -> "ProxyMonitoring":
    """Define the dashboard and the alarms of `proxy` and of those `services` that are ours."""
    # Its library takes a second to come, which only those who want it have to wait for.
    from ecs_envoy.proxy_monitoring import ProxyMonitoring

    limits = wanted.alarms
    return ProxyMonitoring(
        scope,
        "Monitoring",
        proxy=proxy,
        ecs_services={
            service.upstream.name: service.ecs_service
            for service in services
            if isinstance(service, GrpcService)
        },
        topic=sns.Topic.from_topic_arn(scope, "Topic", wanted.topic) if wanted.topic else None,
        thresholds=AlarmThresholds(
            error_percent=limits.error_percent,
            p99=limits.p99,
            proxy_cpu_percent=limits.proxy_cpu_percent,
            proxy_memory_percent=limits.proxy_memory_percent,
            skew=limits.skew,
        ),
        runbooks=wanted.runbooks,
        dashboard_name=f"{configuration.environment}-{proxy.name}",
    )
