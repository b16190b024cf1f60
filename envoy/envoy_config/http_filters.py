"""The HTTP filters, in the one order that they run in."""

from envoy_data_plane.envoy.extensions.filters.http.router.v3 import Router
from envoy_data_plane.envoy.extensions.filters.network.http_connection_manager.v3 import HttpFilter

from envoy_config.typed_extension import typed_config


def http_filters() -> list[HttpFilter]:
    """Return the filters that each call passes.

    One filter costs a twentieth of Envoy's work on a call, whatever it does (`bench/instructions.md`). So
    calls are counted by a logger (`call_stats`), not by the filter `grpc_stats`.
    """
    return [
        HttpFilter(
            name="envoy.filters.http.router",
            # Its own statistics by HTTP status say 200 of every gRPC call, at a price.
            typed_config=typed_config(Router(dynamic_stats=False)),
        ),
    ]
