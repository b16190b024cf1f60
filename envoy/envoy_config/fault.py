"""Faults on purpose."""

from envoy_config.destinations import header_matcher
from envoy_config.messages import (
    Any,
    FaultAbort,
    FaultDelay,
    HttpFault,
    HttpFilter,
)
from envoy_config.method_routes import policies_of
from envoy_config.model import Service
from envoy_config.percentage import fractional_percent
from envoy_config.policy.status import NUMBERS
from envoy_config.policy.traffic_policy import MethodPolicy
from envoy_config.typed_extension import typed_config

NAME = "envoy.filters.http.fault"


def fault_filters(services: tuple[Service, ...]) -> list[HttpFilter]:
    """Return the filter, switched off, if calls of one of `services` have a fault; their route has it."""
    if not any(policy.fault for policy in policies_of(services)):
        return []
    return [HttpFilter(name=NAME, typed_config=typed_config(HttpFault()), disabled=True)]


def fault(policy: MethodPolicy) -> dict[str, Any]:
    """Return what a route whose calls have this policy says to the filter; nothing without a fault."""
    given = policy.fault
    if given is None:
        return {}
    percent = fractional_percent(given.percent)
    # Envoy draws lots for a delay and for an abort apart.
    return {
        NAME: typed_config(
            HttpFault(
                delay=FaultDelay(fixed_delay=given.delay, percentage=percent) if given.delay else None,
                abort=(
                    FaultAbort(grpc_status=NUMBERS[given.abort], percentage=percent) if given.abort else None
                ),
                headers=[header_matcher(given.header)] if given.header else [],
                # The proxy's metrics count calls by service and status already.
                disable_downstream_cluster_stats=True,
            )
        )
    }
