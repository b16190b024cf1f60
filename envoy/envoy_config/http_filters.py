"""The HTTP filters, in the order in which they run."""

from envoy_config.fault import fault, fault_filters
from envoy_config.load_shedding import load_shedding_filters, load_shedding_switches
from envoy_config.message_size import message_size, message_size_filters
from envoy_config.messages import Any, HttpFilter, Router
from envoy_config.method_routes import PolicyRoute
from envoy_config.model import Service
from envoy_config.rate_limit import rate_limit_filters, rate_limit_switch
from envoy_config.typed_extension import typed_config


def http_filters(services: tuple[Service, ...] = ()) -> list[HttpFilter]:
    """Return the filters that each call to one of `services` passes.

    Each filter costs 5 % of Envoy's work on a call, whatever it does (`bench/instructions.md`). So a logger
    (`call_stats`) counts the calls, not the filter `grpc_stats`.
    """
    return [
        *rate_limit_filters(services),
        *message_size_filters(services),
        # After the limits, so that a fault does not let more calls through than they allow.
        *fault_filters(services),
        # Last, so that they count only calls that get to a task, and the time that the tasks take.
        *load_shedding_filters(services),
        HttpFilter(
            name="envoy.filters.http.router",
            # The router's statistics by HTTP status cost work, and every gRPC call has the HTTP status 200.
            typed_config=typed_config(Router(dynamic_stats=False)),
        ),
    ]


def route_filters(route: PolicyRoute, service: Service) -> dict[str, Any]:
    """Return what `route`, which leads to `service`, says to the filters."""
    return {
        **rate_limit_switch(route),
        **message_size(route.policy),
        **fault(route.policy),
        **load_shedding_switches(service),
    }
