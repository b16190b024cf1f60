"""The limit for the size of a request's message."""

from envoy_config.messages import Any, Buffer, BufferPerRoute, HttpFilter
from envoy_config.method_routes import policies_of
from envoy_config.model import Service
from envoy_config.policy.traffic_policy import MethodPolicy
from envoy_config.typed_extension import typed_config

NAME = "envoy.filters.http.buffer"

PREFIX_BYTES = 5
"""What stands before a message: a flag, and its length ("gRPC over HTTP2", Length-Prefixed-Message)."""


def message_size_filters(services: tuple[Service, ...]) -> list[HttpFilter]:
    """Return the filter, switched off, if calls of one of `services` have a limit; their route has it."""
    sizes = [policy.max_message_bytes for policy in policies_of(services) if policy.max_message_bytes]
    if not sizes:
        return []
    # It wants a number, which is for no call.
    config = typed_config(Buffer(max_request_bytes=max(sizes)))
    return [HttpFilter(name=NAME, typed_config=config, disabled=True)]


def message_size(policy: MethodPolicy) -> dict[str, Any]:
    """Return what a route whose calls have this policy says to the filter; nothing without a limit."""
    if policy.max_message_bytes is None:
        return {}
    buffer = Buffer(max_request_bytes=policy.max_message_bytes + PREFIX_BYTES)
    return {NAME: typed_config(BufferPerRoute(buffer=buffer))}
