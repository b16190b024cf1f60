"""The dashboard and the alarms of a configuration."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from aws_cdk import aws_sns as sns
from constructs import Construct

from ecs_envoy.configuration.model import Configuration
from ecs_envoy.configuration.observability import CloudWatch
from ecs_envoy.proxy.envoy_proxy import EnvoyProxy
from ecs_envoy.proxy.routed_service import RoutedService
from ecs_envoy.services.grpc_service import GrpcService
from ecs_envoy.settings.alarm_thresholds import AlarmThresholds

if TYPE_CHECKING:
    from ecs_envoy.monitoring.proxy_monitoring import ProxyMonitoring


def define_monitoring(
    scope: Construct,
    wanted: CloudWatch,
    *,
    configuration: Configuration,
    proxy: EnvoyProxy,
    services: Sequence[RoutedService],
) -> "ProxyMonitoring":
    """Define the dashboard and the alarms of `proxy` and of those `services` that are ours."""
    # Its library takes a second to come, which only those who want it have to wait for.
    from ecs_envoy.monitoring.proxy_monitoring import ProxyMonitoring

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
