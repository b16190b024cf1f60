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
    from envoy_config.policy.capacity import CircuitBreakers, Connections
    from envoy_config.policy.fault import Fault
    from envoy_config.policy.headers import HeaderChange, HeaderMatch, Headers
    from envoy_config.policy.health import HealthCheck, OutlierDetection
    from envoy_config.policy.limits import AdaptiveConcurrency, AdmissionControl, RateLimit
    from envoy_config.policy.load_balancing import LoadBalancing, SlowStart
    from envoy_config.policy.retries import BackOff, Hedging, Retries, RetryBudget
    from envoy_config.policy.splitting import Canary, Mirror
    from envoy_config.policy.traffic_policy import MethodPolicy, TrafficPolicy
    from envoy_config.settings_error import SettingsError
    from envoy_config.telemetry import AccessLog, Tracing
    from envoy_config.upstream import Upstream

_MODULES = {
    "AdaptiveConcurrency": "envoy_config.policy.limits",
    "AdmissionControl": "envoy_config.policy.limits",
    "BackOff": "envoy_config.policy.retries",
    "Canary": "envoy_config.policy.splitting",
    "CircuitBreakers": "envoy_config.policy.capacity",
    "Connections": "envoy_config.policy.capacity",
    "Fault": "envoy_config.policy.fault",
    "HeaderChange": "envoy_config.policy.headers",
    "HeaderMatch": "envoy_config.policy.headers",
    "Headers": "envoy_config.policy.headers",
    "HealthCheck": "envoy_config.policy.health",
    "Hedging": "envoy_config.policy.retries",
    "LoadBalancing": "envoy_config.policy.load_balancing",
    "MethodPolicy": "envoy_config.policy.traffic_policy",
    "Mirror": "envoy_config.policy.splitting",
    "OutlierDetection": "envoy_config.policy.health",
    "RateLimit": "envoy_config.policy.limits",
    "Retries": "envoy_config.policy.retries",
    "RetryBudget": "envoy_config.policy.retries",
    "SlowStart": "envoy_config.policy.load_balancing",
    "TrafficPolicy": "envoy_config.policy.traffic_policy",
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
    "AdaptiveConcurrency",
    "AdmissionControl",
    "AlarmThresholds",
    "ApiAccess",
    "ArgumentError",
    "BackOff",
    "BootstrapTooLargeError",
    "Canary",
    "CapacityProvider",
    "CircuitBreakers",
    "Connections",
    "CutOver",
    "Datadog",
    "Discovery",
    "Domain",
    "EfsVolume",
    "EnvoyProxy",
    "Excess",
    "ExistingGrpcService",
    "Fault",
    "GrpcService",
    "HeaderChange",
    "HeaderMatch",
    "Headers",
    "HealthCheck",
    "Hedging",
    "LoadBalancing",
    "Log",
    "ManagedPrometheus",
    "MethodPolicy",
    "Mirror",
    "Network",
    "OpenFilesLimit",
    "OutlierDetection",
    "Place",
    "PolicyStatement",
    "PortRange",
    "ProxyMonitoring",
    "PublicApi",
    "RateLimit",
    "Retries",
    "RetryBudget",
    "RoutedService",
    "ServerOptions",
    "ServiceMonitoring",
    "SettingsError",
    "SidecarContainer",
    "SlowStart",
    "TaskOptions",
    "Telemetry",
    "Tracing",
    "TrafficPolicy",
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
