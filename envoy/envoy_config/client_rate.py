"""The limit for the calls that one client makes to a service."""

from datetime import timedelta

from envoy_config.messages import (
    Any,
    FractionalPercent,
    HttpFilter,
    LocalRateLimit,
    LocalRateLimitDescriptor,
    RateLimit,
    RateLimitAction,
    RateLimitActionRemoteAddress,
    RateLimitDescriptorEntry,
    RuntimeFractionalPercent,
    TokenBucket,
)
from envoy_config.method_routes import policies_of
from envoy_config.model import Service
from envoy_config.policy.traffic_policy import MethodPolicy
from envoy_config.typed_extension import typed_config

NAME = "envoy.filters.http.local_ratelimit"
_ADDRESS = "remote_address"

_ADDRESSES = 4096
"""How many addresses Envoy counts; if there are more, it forgets the one that called longest ago."""

_NO_LIMIT = 4_294_967_295


def client_rate_filters(services: tuple[Service, ...]) -> list[HttpFilter]:
    """Return the filter, switched off, if one of `services` has a limit; its route switches it on."""
    if not any(_rate(policy) for service in services for policy in policies_of(service)):
        return []
    config = typed_config(LocalRateLimit(stat_prefix="client_rate"))
    return [HttpFilter(name=NAME, typed_config=config, disabled=True)]


def client_rate(policy: MethodPolicy) -> dict[str, Any]:
    """Return what a route whose calls have this policy says to the filter; nothing without a limit."""
    rate = _rate(policy)
    if not rate:
        return {}
    every_call = RuntimeFractionalPercent(default_value=FractionalPercent(numerator=100))
    return {
        NAME: typed_config(
            LocalRateLimit(
                stat_prefix="client_rate",
                # Of the calls without an address, of which there are none.
                token_bucket=_bucket(_NO_LIMIT),
                always_consume_default_token_bucket=False,
                filter_enabled=every_call,
                filter_enforced=every_call,
                # A bucket for each address, made at its first call.
                descriptors=[
                    LocalRateLimitDescriptor(
                        entries=[RateLimitDescriptorEntry(key=_ADDRESS)], token_bucket=_bucket(rate)
                    )
                ],
                max_dynamic_descriptors=_ADDRESSES,
                rate_limits=[
                    RateLimit(actions=[RateLimitAction(remote_address=RateLimitActionRemoteAddress())])
                ],
                rate_limited_as_resource_exhausted=True,
            )
        )
    }


def _rate(policy: MethodPolicy) -> int | None:
    return policy.rate_limit.client_calls_per_second if policy.rate_limit else None


def _bucket(rate: int) -> TokenBucket:
    return TokenBucket(max_tokens=rate, tokens_per_fill=rate, fill_interval=timedelta(seconds=1))
