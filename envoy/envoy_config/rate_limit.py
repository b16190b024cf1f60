"""Limits of calls a second, counted by Envoy itself.

One filter has the buckets of all limits, and a route's metadata names the one that its calls count in. So all
routes of a service share the bucket of the service, and those of a method that of the method.
"""

from collections.abc import Iterator
from datetime import timedelta

from envoy_config.filter_switch import ON
from envoy_config.messages import (
    Any,
    FractionalPercent,
    HeaderValue,
    HeaderValueOption,
    HttpFilter,
    LocalRateLimit,
    LocalRateLimitDescriptor,
    Metadata,
    MetadataKey,
    MetadataKeyPathSegment,
    RateLimit,
    RateLimitAction,
    RateLimitActionMetaData,
    RateLimitActionMetaDataSource,
    RateLimitActionRemoteAddress,
    RateLimitActionRequestHeaders,
    RateLimitDescriptorEntry,
    RuntimeFractionalPercent,
    Struct,
    TokenBucket,
    Value,
)
from envoy_config.method_routes import PolicyRoute, routes_of
from envoy_config.model import Service
from envoy_config.policy import limits
from envoy_config.typed_extension import typed_config

NAME = "envoy.filters.http.local_ratelimit"
_METADATA, _LIMIT, _ADDRESS = "ecs_envoy", "limit", "remote_address"

_COUNTED_APART = 4096
"""How many addresses, or values of a header, Envoy counts; the one that called longest ago goes first."""

_NO_LIMIT = 4_294_967_295

PUSH_BACK = timedelta(seconds=1)
"""
After what time a client should try again (`grpc-retry-pushback-ms`): a bucket gets all its tokens within it.
"""


def rate_limit_filters(services: tuple[Service, ...]) -> list[HttpFilter]:
    """Return the filter, switched off, with the limits of `services`; none without a limit."""
    found = {route.limit: _settings(route) for service in services for route in routes_of(service)}
    limited = {name: settings for name, settings in found.items() if settings}
    if not limited:
        return []
    every_call = RuntimeFractionalPercent(default_value=FractionalPercent(numerator=100))
    config = LocalRateLimit(
        stat_prefix="rate_limit",
        # Of the calls that no limit is for, of which there are none.
        token_bucket=_bucket(_NO_LIMIT, None),
        always_consume_default_token_bucket=False,
        filter_enabled=every_call,
        filter_enforced=every_call,
        descriptors=[
            bucket for name, settings in sorted(limited.items()) for bucket in _buckets(name, settings)
        ],
        max_dynamic_descriptors=_COUNTED_APART,
        rate_limits=list(_counted(list(limited.values()))),
        rate_limited_as_resource_exhausted=True,
        response_headers_to_add=[
            HeaderValueOption(
                header=HeaderValue(
                    key="grpc-retry-pushback-ms", value=str(PUSH_BACK // timedelta(milliseconds=1))
                )
            )
        ],
    )
    return [HttpFilter(name=NAME, typed_config=typed_config(config), disabled=True)]


def rate_limit_switch(route: PolicyRoute) -> dict[str, Any]:
    """Return what a route says to the filter; nothing if its calls have no limit."""
    return {NAME: ON} if _settings(route) else {}


def limit_metadata(route: PolicyRoute) -> Metadata | None:
    """Return the metadata of a route that names its limit; None if its calls have none."""
    if not _settings(route):
        return None
    fields = {_LIMIT: Value(string_value=route.limit)}
    return Metadata(filter_metadata={_METADATA: Struct(fields=fields)})


def _settings(route: PolicyRoute) -> limits.RateLimit | None:
    settings = route.policy.rate_limit
    return settings if settings and any(settings.rates.values()) else None


def _buckets(name: str, settings: limits.RateLimit) -> Iterator[LocalRateLimitDescriptor]:
    """Yield the buckets of a limit. An entry without a value stands for a bucket for each value."""
    limit = RateLimitDescriptorEntry(key=_LIMIT, value=name)
    apart = {
        _ADDRESS: settings.client_calls_per_second,
        _header_key(settings.header or ""): settings.header_calls_per_second,
    }
    if settings.calls_per_second:
        yield _descriptor([limit], settings.calls_per_second, settings)
    for key, rate in apart.items():
        if rate:
            yield _descriptor([limit, RateLimitDescriptorEntry(key=key)], rate, settings)


def _descriptor(
    entries: list[RateLimitDescriptorEntry], rate: int, settings: limits.RateLimit
) -> LocalRateLimitDescriptor:
    return LocalRateLimitDescriptor(entries=entries, token_bucket=_bucket(rate, settings.burst))


def _bucket(rate: int, burst: int | None) -> TokenBucket:
    return TokenBucket(max_tokens=burst or rate, tokens_per_fill=rate, fill_interval=timedelta(seconds=1))


def _counted(limited: list[limits.RateLimit]) -> Iterator[RateLimit]:
    """Yield what a call is counted by: its limit, and with that its client and headers."""
    if any(settings.calls_per_second for settings in limited):
        yield RateLimit(actions=[_named()])
    if any(settings.client_calls_per_second for settings in limited):
        by_address = RateLimitAction(remote_address=RateLimitActionRemoteAddress())
        yield RateLimit(actions=[_named(), by_address])
    for header in sorted({s.header for s in limited if s.header and s.header_calls_per_second}):
        by_header = RateLimitActionRequestHeaders(header_name=header, descriptor_key=_header_key(header))
        yield RateLimit(actions=[_named(), RateLimitAction(request_headers=by_header)])


def _header_key(header: str) -> str:
    # A header may have the name that Envoy gives to addresses.
    return f"header {header}"


def _named() -> RateLimitAction:
    key = MetadataKey(key=_METADATA, path=[MetadataKeyPathSegment(key=_LIMIT)])
    return RateLimitAction(
        metadata=RateLimitActionMetaData(
            descriptor_key=_LIMIT, metadata_key=key, source=RateLimitActionMetaDataSource.ROUTE_ENTRY
        )
    )
