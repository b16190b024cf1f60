"""The HTTP filters, in the order in which they run."""

from envoy_config.client_rate import client_rate, client_rate_filters
from envoy_config.fault import fault, fault_filters
from envoy_config.messages import Any, HttpFilter, Router
from envoy_config.model import Service
from envoy_config.policy.traffic_policy import MethodPolicy
from envoy_config.typed_extension import typed_config


def http_filters(services: tuple[Service, ...] = ()) -> list[HttpFilter]:
    """Return the filters that each call to one of `services` passes.

    Each filter costs 5 % of Envoy's work on a call, whatever it does (`bench/instructions.md`). So a logger
    (`call_stats`) counts the calls, not the filter `grpc_stats`.
    """
    return [
        *client_rate_filters(services),
        # After the limits, so that a fault does not let more calls through than they allow.
        *fault_filters(services),
        HttpFilter(
            name="envoy.filters.http.router",
            # The router's statistics by HTTP status cost work, and every gRPC call has the HTTP status 200.
            typed_config=typed_config(Router(dynamic_stats=False)),
        ),
    ]


def route_filters(policy: MethodPolicy) -> dict[str, Any]:
    """Return what a route whose calls have this policy says to the filters."""
    return {**client_rate(policy), **fault(policy)}
