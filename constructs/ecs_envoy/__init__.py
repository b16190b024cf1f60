"""CDK constructs that balance gRPC calls over Amazon ECS tasks with plain Envoy."""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ecs_envoy.monitoring.proxy_monitoring import ProxyMonitoring
    from ecs_envoy.network.network import Network
    from ecs_envoy.plan.discovery import Discovery
    from ecs_envoy.plan.envoy_command import BootstrapTooLargeError
    from ecs_envoy.proxy.envoy_proxy import EnvoyProxy
    from ecs_envoy.proxy.routed_service import RoutedService
    from ecs_envoy.services.existing_grpc_service import ExistingGrpcService
    from ecs_envoy.services.grpc_service import GrpcService
    from ecs_envoy.services.public_api import PublicApi
    from ecs_envoy.settings.alarm_thresholds import AlarmThresholds
    from ecs_envoy.telemetry.datadog import Datadog
    from ecs_envoy.telemetry.managed_prometheus import ManagedPrometheus
    from ecs_envoy.telemetry.telemetry import Telemetry

__all__ = [
    "AlarmThresholds",
    "BootstrapTooLargeError",
    "Datadog",
    "Discovery",
    "EnvoyProxy",
    "ExistingGrpcService",
    "GrpcService",
    "ManagedPrometheus",
    "Network",
    "ProxyMonitoring",
    "PublicApi",
    "RoutedService",
    "Telemetry",
]

_MODULES = {
    "AlarmThresholds": "settings.alarm_thresholds",
    "Telemetry": "telemetry.telemetry",
    "ProxyMonitoring": "monitoring.proxy_monitoring",
    "ManagedPrometheus": "telemetry.managed_prometheus",
    "Datadog": "telemetry.datadog",
    "BootstrapTooLargeError": "plan.envoy_command",
    "Discovery": "plan.discovery",
    "EnvoyProxy": "proxy.envoy_proxy",
    "ExistingGrpcService": "services.existing_grpc_service",
    "GrpcService": "services.grpc_service",
    "Network": "network.network",
    "PublicApi": "services.public_api",
    "RoutedService": "proxy.routed_service",
}


def __getattr__(name: str) -> object:
    """Import a construct when it is first asked for.

    The CDK takes a second to come and starts a Node process; the configuration and the command
    line, which live in this package too, need neither.
    """
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
