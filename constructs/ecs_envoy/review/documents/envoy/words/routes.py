"""Rules for hosts and routes: what happens to calls. Paths are those of `simple_route`."""

from ecs_envoy.review.assembly.json_value import Json
from ecs_envoy.review.documents.trees.rules import instead, items, presence, rule, value
from ecs_envoy.review.documents.trees.shown import shown, size

_RATE = "typed_per_filter_config/envoy.filters.http.local_ratelimit"
_FAULT = "typed_per_filter_config/envoy.filters.http.fault"


def _bucket(found: Json) -> str:
    """Return what a token bucket allows, such as `100 in 1s`."""
    match found:
        case {"max_tokens": most, "fill_interval": interval}:
            return f"{found.get('tokens_per_fill', most)} in {shown(interval)}"
        case _:
            return shown(found)


def _buckets(found: Json) -> str:
    """Return what the descriptors of a rate limit allow."""
    match found:
        case {"descriptors": [*descriptors]}:
            return ", ".join(_bucket(d.get("token_bucket")) for d in descriptors if isinstance(d, dict))
        case {"descriptors": dict() as descriptors}:
            return ", ".join(
                _bucket(d.get("token_bucket")) for d in descriptors.values() if isinstance(d, dict)
            )
        case {"token_bucket": bucket}:
            return _bucket(bucket)
        case _:
            return ""


def _retries(policy: Json) -> str:
    match policy:
        case {"retry_on": conditions}:
            return f"{policy.get('num_retries', 1)} on {shown(conditions)}"
        case _:
            return ""


def _short(name: Json) -> str:
    """Return an extension's name without what tells its kind."""
    return shown(name).rpartition(".")[2]


def _seconds(found: Json) -> str:
    # Envoy's default of 15 s is what nobody means, and 0 s means none.
    return "none" if found == "0s" else shown(found)


ROUTE = (
    rule("target", instead("calls go to")),
    rule("timeout", value("timeout", _seconds, default="15s")),
    rule("idle_timeout", value("idle timeout", _seconds, default="that of the listener")),
    rule("max_stream_duration/max_stream_duration", value("longest call", _seconds, default="none")),
    rule("max_stream_duration/grpc_timeout_header_max", value("longest deadline", _seconds, default="none")),
    rule(
        "max_stream_duration/grpc_timeout_header_offset", value("ends before the deadline by", default="0s")
    ),
    # Retries and hedging.
    rule("retry_policy", presence("retries", _retries)),
    rule("retry_policy/num_retries", value("retries", default="1")),
    rule("retry_policy/retry_on", value("retries on", default="nothing")),
    rule("retry_policy/per_try_timeout", value("timeout of a try", default="none")),
    rule("retry_policy/retry_back_off/base_interval", value("wait before a retry", default="25ms")),
    rule("retry_policy/retry_back_off/max_interval", value("wait before a retry, at most")),
    rule(
        "retry_policy/host_selection_retry_max_attempts",
        value("attempts to find another task for a retry", default="1"),
    ),
    rule("retry_policy/retriable_status_codes", items("status to retry", "statuses to retry")),
    rule(
        "retry_policy/retry_host_predicate",
        items("condition for a retry's task", "conditions for a retry's task", _short),
    ),
    rule("hedge_policy", presence("hedging")),
    rule("hedge_policy/initial_requests", value("hedging: first calls", default="1")),
    rule(
        "hedge_policy/hedge_on_per_try_timeout", value("hedging after the timeout of a try", default="false")
    ),
    rule("request_body_buffer_limit", value("largest request that is repeated", size)),
    # Limits.
    rule(_RATE, presence("rate limit", _buckets)),
    rule(f"{_RATE}/descriptors/*/token_bucket", value("rate limit", _bucket)),
    rule(f"{_RATE}/token_bucket", value("rate limit", _bucket)),
    rule("rate_limits", presence("rate limit by a service")),
    rule("metadata", presence("rate limit")),
    rule("metadata/filter_metadata/ecs_envoy/limit", value("rate limit")),
    rule("typed_per_filter_config/envoy.filters.http.admission_control", presence("admission control")),
    # Where else calls go, and what is done to them.
    rule("request_mirror_policies", presence("mirrored calls", lambda found: shown(_mirrors(found)))),
    rule("request_mirror_policies/*/cluster", value("mirrored to")),
    rule("request_mirror_policies/*/runtime_fraction", value("mirrored calls", default="100%")),
    rule("hash_policy", presence("calls stay with a task by a hash")),
    rule(_FAULT, presence("fault injection")),
    rule(f"{_FAULT}/delay/fixed_delay", value("fault injection: delay", default="none")),
    rule(f"{_FAULT}/delay/percentage", value("fault injection: delayed calls", default="none")),
    rule(f"{_FAULT}/abort/grpc_status", value("fault injection: status", default="none")),
    rule(f"{_FAULT}/abort/percentage", value("fault injection: failed calls", default="none")),
    rule("request_headers_to_add", items("request header", "request headers")),
    rule("request_headers_to_remove", items("removed request header", "removed request headers")),
    rule("response_headers_to_add", items("response header", "response headers")),
    rule("response_headers_to_remove", items("removed response header", "removed response headers")),
    rule("host_rewrite_literal", value("host rewritten", default="none")),
    rule("prefix_rewrite", value("path rewritten", default="none")),
    rule("priority", value("priority", default="DEFAULT")),
)


def _mirrors(found: Json) -> list[Json]:
    mirrors = found.values() if isinstance(found, dict) else found if isinstance(found, list) else []
    return [mirror.get("cluster") for mirror in mirrors if isinstance(mirror, dict)]
