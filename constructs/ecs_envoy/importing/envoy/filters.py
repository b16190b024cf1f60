"""HTTP filters that have a counterpart: faults and local rate limits."""

import math
from collections.abc import Mapping

from ecs_envoy.importing.envoy.faults import fault_policy
from ecs_envoy.importing.found import Found, Policy, given
from ecs_envoy.importing.part import Part

_FAULT, _LIMIT = "envoy.filters.http.fault", "envoy.filters.http.local_ratelimit"
_BUFFER = "envoy.filters.http.buffer"
_NOTHING = frozenset(
    ("envoy.filters.http.router", "envoy.filters.http.grpc_stats", "envoy.filters.http.health_check")
)
_PREFIX_BYTES = 5  # of a message, which the filter counts and policy.max_message_bytes does not


def filter_policy(filters: Mapping[str, Part], place: str, found: Found) -> Policy:
    """Return the policy that HTTP filters make, by their names; what has no counterpart is noted."""
    policy: Policy = {}
    for name, part in filters.items():
        config = part["config"] if part.text("@type") and part.has("config") else part
        part.ignore("@type")
        if name == _FAULT and (fault := fault_policy(config, place, found)):
            policy["fault"] = fault
        elif name == _LIMIT and (limit := _rate_limit(config)):
            policy["rate_limit"] = limit
        elif name == _BUFFER and (most := config["buffer"].whole("max_request_bytes")):
            policy["max_message_bytes"] = max(most - _PREFIX_BYTES, 1)
        elif name not in (*_NOTHING, _FAULT, _LIMIT, _BUFFER):
            cure = _CURES.get(name.partition("/")[0], "let the service do it")
            found.note(f"{place}: filter {name}", "it has no counterpart", cure)
        if name == _LIMIT and config.has("descriptors"):
            cure = "give policy.rate_limit to the calls that they are for"
            found.note(f"{place}: filter {name}", "its buckets by descriptor are not read", cure)
        config.ignore(*config.values)
        part.ignore(*part.values)
    return policy


_CURES = {
    "envoy.filters.http.ratelimit": "policy.rate_limit counts in each task of the proxy",
    "envoy.filters.http.jwt_authn": "let the service check tokens",
    "envoy.filters.http.ext_authz": "let the service check who calls",
    "envoy.filters.http.cors": "put an ALB before an API of HTTP",
    "envoy.filters.http.grpc_web": "see the api of the file, or dial gRPC",
    "envoy.filters.http.admission_control": "see policy.admission_control",
    "envoy.filters.http.adaptive_concurrency": "see policy.adaptive_concurrency",
    "envoy.filters.http.compressor": "let clients compress their messages, as gRPC can",
}


def _rate_limit(config: Part) -> Policy:
    """Return a token bucket as calls a second; a rate below one a second is rounded up."""
    bucket = config["token_bucket"]
    tokens, interval = bucket.whole("tokens_per_fill"), bucket.seconds("fill_interval")
    most = bucket.whole("max_tokens")
    if not most or not interval or most >= 2**31:  # a bucket that is never empty
        return {}
    rate = max(1, math.floor((1 if tokens is None else tokens) / interval.total_seconds()))
    return given(calls_per_second=rate, burst=most if most != rate else None)
