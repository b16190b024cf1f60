"""Makes an Envoy v3 bootstrap from services. It knows nothing of AWS, and has no state and no clock.

This module exports the settings. The bootstrap is in `envoy_config.bootstrap`, which imports Envoy's
messages; that import takes a moment.
"""

import warnings

from pydantic import PydanticDeprecatedSince212

from envoy_config.model import Discovery, Proxy, Service
from envoy_config.routing import Route, RoutingError
from envoy_config.settings_error import SettingsError
from envoy_config.telemetry import AccessLog, Metrics, Tracing
from envoy_config.upstream import Upstream
from envoy_config.values import HealthCheck

__all__ = [
    "AccessLog",
    "Discovery",
    "HealthCheck",
    "Metrics",
    "Proxy",
    "Route",
    "RoutingError",
    "Service",
    "SettingsError",
    "Tracing",
    "Upstream",
]

# The warning comes from generated code. Only a new version of that package can fix it, not our users.
warnings.filterwarnings("ignore", category=PydanticDeprecatedSince212, module=r"envoy_data_plane\.")
