"""Defines the dashboard and the alarms of a configuration."""

import importlib
from collections.abc import Sequence

from aws_cdk import aws_sns as sns
from constructs import Construct

from ecs_envoy.configuration.model import Configuration
from ecs_envoy.configuration.proxies.views import is_routed
from ecs_envoy.configuration.telemetry import CloudWatch
from ecs_envoy.fargate.task_definition import kms_key
from ecs_envoy.monitoring.proxy_monitoring import ProxyMonitoring
from ecs_envoy.proxy.envoy_proxy import EnvoyProxy
from ecs_envoy.proxy.routed_service import RoutedService
from ecs_envoy.services.grpc_service import GrpcService
from ecs_envoy.settings.extra import extra


def define_monitoring(
    scope: Construct,
    settings: CloudWatch,
    *,
    configuration: Configuration,
    proxy: EnvoyProxy,
    services: Sequence[RoutedService],
) -> ProxyMonitoring:
    """Define the dashboard and the alarms of `proxy`, that of `configuration`, and of its services."""
    with extra("monitoring", "telemetry.cloudwatch"):
        # `ProxyMonitoring` does so too, but its message would not name the key of the file.
        importlib.import_module("cdk_monitoring_constructs")
    return ProxyMonitoring(
        scope,
        "Monitoring",
        proxy=proxy,
        ecs_services={
            service.plan.name: service.ecs_service
            for service in services
            if isinstance(service, GrpcService) and is_routed(configuration, service.plan.name)
        },
        topic=sns.Topic.from_topic_arn(scope, "GivenTopic", settings.topic) if settings.topic else None,
        topic_key=kms_key(scope, "TopicKey", settings.topic_kms_key),
        thresholds=settings.alarms,
        runbooks=settings.runbooks,
        # Both names have hyphens, so that one could not tell where the first ends.
        dashboard_name=f"{configuration.environment}_{proxy.name}",
    )
