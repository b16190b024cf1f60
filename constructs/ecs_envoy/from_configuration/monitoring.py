"""Defines the dashboard and the alarms of a configuration."""

import importlib
from collections.abc import Sequence

from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_sns as sns
from constructs import Construct

from ecs_envoy.configuration.model import Configuration
from ecs_envoy.configuration.stacks.numbers import monitored_services
from ecs_envoy.configuration.telemetry import CloudWatch
from ecs_envoy.fargate.task_definition import kms_key
from ecs_envoy.monitoring.proxy_monitoring import ProxyMonitoring
from ecs_envoy.monitoring.service_monitoring import ServiceMonitoring
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
    """Define the dashboard and the alarms of `proxy`, that of `configuration`, and the first services'."""
    with extra("monitoring", "telemetry.cloudwatch"):
        # `ProxyMonitoring` does so too, but its message would not name the key of the file.
        importlib.import_module("cdk_monitoring_constructs")

    return ProxyMonitoring(
        scope,
        "Monitoring",
        proxy=proxy,
        services=(here := monitored_services(configuration, 1)),
        ecs_services=_deployed(services, here),
        topic=sns.Topic.from_topic_arn(scope, "GivenTopic", settings.topic) if settings.topic else None,
        topic_key=kms_key(scope, "TopicKey", settings.topic_kms_key),
        thresholds=settings.alarms,
        runbooks=settings.runbooks,
        dashboard_name=_dashboard_name(configuration),
    )


def define_service_monitoring(
    scope: Construct,
    *,
    configuration: Configuration,
    number: int,
    proxy_monitoring: ProxyMonitoring,
    services: Sequence[RoutedService],
) -> ServiceMonitoring | None:
    """Define the dashboard and the alarms of the services of stack `number`, if the proxy has any there."""
    if not (here := monitored_services(configuration, number)):
        return None
    return ServiceMonitoring(
        scope,
        "Monitoring",
        proxy_monitoring=proxy_monitoring,
        services=here,
        ecs_services=_deployed(services, here),
        dashboard_name=f"{_dashboard_name(configuration)}_{number}",
    )


def _dashboard_name(configuration: Configuration) -> str:
    # Both names have hyphens, so that one could not tell where the first ends.
    return f"{configuration.environment}_{configuration.proxy.name}"


def _deployed(services: Sequence[RoutedService], here: Sequence[str]) -> dict[str, ecs.FargateService]:
    return {
        service.plan.name: service.ecs_service
        for service in services
        if isinstance(service, GrpcService) and service.plan.name in here
    }
