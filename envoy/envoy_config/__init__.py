"""Makes an Envoy v3 bootstrap from services. It knows nothing of AWS, and has no state and no clock.

This module exports the settings. The bootstrap is in `envoy_config.bootstrap`.
"""

from envoy_config.model import Discovery, Proxy, Service
from envoy_config.policy.traffic_policy import MethodPolicy, TrafficPolicy
from envoy_config.routing import Route, RoutingError
from envoy_config.settings_error import SettingsError
from envoy_config.telemetry import AccessLog, Metrics, Tracing
from envoy_config.upstream import Upstream

__all__ = [
    "AccessLog",
    "Discovery",
    "MethodPolicy",
    "Metrics",
    "Proxy",
    "Route",
    "RoutingError",
    "Service",
    "SettingsError",
    "Tracing",
    "TrafficPolicy",
    "Upstream",
]
