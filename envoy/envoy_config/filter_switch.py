"""How a route turns a filter on that is off for the listener, so that other calls do not pay for it."""

from envoy_config.messages import Any, FilterConfig
from envoy_config.typed_extension import typed_config

ON = typed_config(FilterConfig(config=Any()))
"""
For a filter with one configuration for all routes. Envoy 1.40 wants the empty `config` (without it: "Empty
route/virtual host per filter configuration").
"""
