"""Services in, an Envoy v3 bootstrap out: no AWS, no state, no clock.

Here are the settings. `envoy_config.bootstrap` has the bootstrap, and needs Envoy's messages, which take a
moment to import.
"""

import warnings

from pydantic import PydanticDeprecatedSince212

from envoy_config.model import Discovery, Proxy, Service
from envoy_config.routing import RoutingError
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
    "RoutingError",
    "Service",
    "SettingsError",
    "Tracing",
    "Upstream",
]

# Generated code, which only its next version can mend: nobody who imports us can do anything about it.
warnings.filterwarnings("ignore", category=PydanticDeprecatedSince212, module=r"envoy_data_plane\.")
