"""CDK constructs that balance gRPC calls over Amazon ECS tasks with plain Envoy."""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ecs_envoy.alarm_thresholds import AlarmThresholds
    from ecs_envoy.datadog import Datadog
    from ecs_envoy.discovery import Discovery
    from ecs_envoy.envoy_command import BootstrapTooLargeError
    from ecs_envoy.envoy_proxy import EnvoyProxy
    from ecs_envoy.existing_grpc_service import ExistingGrpcService
    from ecs_envoy.grpc_service import GrpcService
    from ecs_envoy.managed_prometheus import ManagedPrometheus
    from ecs_envoy.network import Network
    from ecs_envoy.proxy_monitoring import ProxyMonitoring
    from ecs_envoy.public_api import PublicApi
    from ecs_envoy.routed_service import RoutedService
    from ecs_envoy.telemetry import Telemetry

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
    "AlarmThresholds": "alarm_thresholds",
    "Telemetry": "telemetry",
    "ProxyMonitoring": "proxy_monitoring",
    "ManagedPrometheus": "managed_prometheus",
    "Datadog": "datadog",
    "BootstrapTooLargeError": "envoy_command",
    "Discovery": "discovery",
    "EnvoyProxy": "envoy_proxy",
    "ExistingGrpcService": "existing_grpc_service",
    "GrpcService": "grpc_service",
    "Network": "network",
    "PublicApi": "public_api",
    "RoutedService": "routed_service",
}


def __getattr__(name: str) -> object:
    """Import a construct when it is first asked for.

    The CDK takes a second to come and starts a Node process; the configuration and the command
    line, which live in this package too, need neither.
    """
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
