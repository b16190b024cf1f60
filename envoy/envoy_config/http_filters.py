"""The HTTP filters, in the one order that they run in."""

from envoy_data_plane.envoy.extensions.filters.http.grpc_stats.v3 import FilterConfig
from envoy_data_plane.envoy.extensions.filters.http.header_to_metadata.v3 import (
    Config,
    ConfigKeyValuePair,
    ConfigRule,
)
from envoy_data_plane.envoy.extensions.filters.http.router.v3 import Router
from envoy_data_plane.envoy.extensions.filters.network.http_connection_manager.v3 import HttpFilter
from envoy_data_plane.envoy.type.matcher.v3 import RegexMatchAndSubstitute, RegexMatcher

from envoy_config.typed_extension import typed_config

CALL_METADATA = "ecs_envoy.call"
"""The namespace of the dynamic metadata that holds a call's `grpc_service` and `grpc_method`."""


def http_filters() -> list[HttpFilter]:
    """Return the filters that each call passes."""
    return [
        # First, so that the log names the call even where a later filter answers it.
        HttpFilter(
            name="envoy.filters.http.header_to_metadata",
            typed_config=typed_config(
                Config(
                    request_rules=[
                        _path_to_metadata("grpc_service", "^/([^/]*)/.*$"),
                        _path_to_metadata("grpc_method", "^/[^/]*/(.*)$"),
                    ]
                )
            ),
        ),
        # Before the router, which ends the chain. Only calls that have a route are counted, and only those
        # let in by the security group can invent method names, so an allow-list would add nothing but work.
        HttpFilter(
            name="envoy.filters.http.grpc_stats",
            typed_config=typed_config(FilterConfig(stats_for_all_methods=True)),
        ),
        HttpFilter(
            name="envoy.filters.http.router",
            typed_config=typed_config(
                # A failed gRPC call is HTTP 200 with a status in the trailers; count it as what it is, but
                # leave the per-code counters to grpc_stats, which has them by method.
                Router(suppress_grpc_request_failure_code_stats=True)
            ),
        ),
    ]


def _path_to_metadata(key: str, path: str) -> ConfigRule:
    """Return the rule that keeps the first group of the regular expression `path` under `key`."""
    rewrite = RegexMatchAndSubstitute(pattern=RegexMatcher(regex=path), substitution=r"\1")
    pair = ConfigKeyValuePair(metadata_namespace=CALL_METADATA, key=key, regex_value_rewrite=rewrite)
    return ConfigRule(header=":path", on_header_present=pair)
