"""CDK constructs that balance gRPC calls over Amazon ECS tasks with plain Envoy."""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ecs_envoy.monitoring.proxy_monitoring import ProxyMonitoring
    from ecs_envoy.monitoring.service_monitoring import ServiceMonitoring
    from ecs_envoy.network.network import Network
    from ecs_envoy.network.place import Place
    from ecs_envoy.plan.discovery import Discovery
    from ecs_envoy.plan.envoy_command import BootstrapTooLargeError
    from ecs_envoy.plan.limits.templates import Excess, excesses
    from ecs_envoy.proxy.cut_over import CutOver
    from ecs_envoy.proxy.envoy_proxy import EnvoyProxy
    from ecs_envoy.proxy.routed_service import RoutedService
    from ecs_envoy.services.existing_grpc_service import ExistingGrpcService
    from ecs_envoy.services.grpc_service import GrpcService
    from ecs_envoy.services.public_api import PublicApi
    from ecs_envoy.settings.alarm_thresholds import AlarmThresholds
    from ecs_envoy.settings.arguments import ArgumentError
    from ecs_envoy.settings.network.api_access import ApiAccess, Domain
    from ecs_envoy.settings.reach.port_range import PortRange
    from ecs_envoy.settings.task.capacity import CapacityProvider
    from ecs_envoy.settings.task.options import Log, OpenFilesLimit, ServerOptions, TaskOptions, Ulimits
    from ecs_envoy.settings.task.policy import PolicyStatement
    from ecs_envoy.settings.task.sidecar import SidecarContainer
    from ecs_envoy.settings.task.volumes import EfsVolume
    from ecs_envoy.telemetry.datadog import Datadog
    from ecs_envoy.telemetry.managed_prometheus import ManagedPrometheus
    from ecs_envoy.telemetry.telemetry import Telemetry
    from envoy_config.settings_error import SettingsError
    from envoy_config.telemetry import AccessLog, Tracing
    from envoy_config.upstream import Upstream
    from envoy_config.values import HealthCheck

_MODULES = {
    "AccessLog": "envoy_config.telemetry",
    "AlarmThresholds": "ecs_envoy.settings.alarm_thresholds",
    "ApiAccess": "ecs_envoy.settings.network.api_access",
    "ArgumentError": "ecs_envoy.settings.arguments",
    "BootstrapTooLargeError": "ecs_envoy.plan.envoy_command",
    "CutOver": "ecs_envoy.proxy.cut_over",
    "CapacityProvider": "ecs_envoy.settings.task.capacity",
    "Datadog": "ecs_envoy.telemetry.datadog",
    "Discovery": "ecs_envoy.plan.discovery",
    "Domain": "ecs_envoy.settings.network.api_access",
    "EfsVolume": "ecs_envoy.settings.task.volumes",
    "EnvoyProxy": "ecs_envoy.proxy.envoy_proxy",
    "Excess": "ecs_envoy.plan.limits.templates",
    "ExistingGrpcService": "ecs_envoy.services.existing_grpc_service",
    "GrpcService": "ecs_envoy.services.grpc_service",
    "HealthCheck": "envoy_config.values",
    "Log": "ecs_envoy.settings.task.options",
    "ManagedPrometheus": "ecs_envoy.telemetry.managed_prometheus",
    "Network": "ecs_envoy.network.network",
    "PortRange": "ecs_envoy.settings.reach.port_range",
    "OpenFilesLimit": "ecs_envoy.settings.task.options",
    "Place": "ecs_envoy.network.place",
    "PolicyStatement": "ecs_envoy.settings.task.policy",
    "ProxyMonitoring": "ecs_envoy.monitoring.proxy_monitoring",
    "PublicApi": "ecs_envoy.services.public_api",
    "RoutedService": "ecs_envoy.proxy.routed_service",
    "ServiceMonitoring": "ecs_envoy.monitoring.service_monitoring",
    "ServerOptions": "ecs_envoy.settings.task.options",
    "SettingsError": "envoy_config.settings_error",
    "SidecarContainer": "ecs_envoy.settings.task.sidecar",
    "TaskOptions": "ecs_envoy.settings.task.options",
    "Telemetry": "ecs_envoy.telemetry.telemetry",
    "Tracing": "envoy_config.telemetry",
    "Ulimits": "ecs_envoy.settings.task.options",
    "Upstream": "envoy_config.upstream",
    "excesses": "ecs_envoy.plan.limits.templates",
}

__all__ = [
    "AccessLog",
    "AlarmThresholds",
    "ApiAccess",
    "ArgumentError",
    "BootstrapTooLargeError",
    "CapacityProvider",
    "CutOver",
    "Datadog",
    "Discovery",
    "Domain",
    "EfsVolume",
    "EnvoyProxy",
    "Excess",
    "ExistingGrpcService",
    "GrpcService",
    "HealthCheck",
    "Log",
    "ManagedPrometheus",
    "Network",
    "OpenFilesLimit",
    "Place",
    "PolicyStatement",
    "PortRange",
    "ProxyMonitoring",
    "PublicApi",
    "RoutedService",
    "ServerOptions",
    "ServiceMonitoring",
    "SettingsError",
    "SidecarContainer",
    "TaskOptions",
    "Telemetry",
    "Tracing",
    "Ulimits",
    "Upstream",
    "excesses",
]


def __getattr__(name: str) -> object:
    """Import a construct when it is first asked for.

    Importing the CDK takes a second and starts a Node process. The configuration and the command
    line, which are also in this package, do not need it.
    """
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_MODULES[name]), name)
