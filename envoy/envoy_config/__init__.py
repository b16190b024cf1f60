"""Services in, an Envoy v3 bootstrap out: no AWS, no state, no clock."""

from envoy_config.bootstrap import bootstrap
from envoy_config.model import Discovery, HealthCheck, Proxy, RoutingError, Service
from envoy_config.rendering import to_json
from envoy_config.telemetry import AccessLog, Metrics, Tracing

__all__ = [
    "AccessLog",
    "Discovery",
    "HealthCheck",
    "Metrics",
    "Proxy",
    "RoutingError",
    "Service",
    "Tracing",
    "bootstrap",
    "to_json",
]
