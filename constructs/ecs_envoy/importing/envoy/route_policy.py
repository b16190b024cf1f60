"""How a route treats calls: timeouts, retries, hedging, mirrors, headers, faults and limits."""

from collections.abc import Mapping

from ecs_envoy.importing.envoy.filters import filter_policy
from ecs_envoy.importing.envoy.percentage import percent
from ecs_envoy.importing.found import Found, Policy, given, time_text
from ecs_envoy.importing.part import Part

_STATUSES = ("cancelled", "deadline-exceeded", "internal", "resource-exhausted", "unavailable")
_ALWAYS = (
    "connect-failure",
    "refused-stream",
    "reset-before-request",
    "retriable-headers",
    "envoy-ratelimited",
)
"""Nothing to write: of these, the first three are always on, and the others never name a gRPC status."""


def route_policy(
    route: Part, action: Part, host: Part, names: Mapping[str, str], place: str, found: Found
) -> Policy:
    """Return the policy of a route's calls; `names` has the services of clusters."""
    duration = action["max_stream_duration"]
    longest = time_text(duration.seconds("max_stream_duration"))
    duration.ignore("grpc_timeout_header_max", "grpc_timeout_header_offset")
    policy: Policy = given(
        timeout=time_text(action.seconds("timeout")),
        idle_timeout=time_text(action.seconds("idle_timeout")),
        max_stream_duration=longest,
    )
    retry = action["retry_policy"] if action.has("retry_policy") else host["retry_policy"]
    hedge = action["hedge_policy"] if action.has("hedge_policy") else host["hedge_policy"]
    policy |= _retries(retry, hedge, place, found)
    policy |= _mirror(action, names, place, found)
    policy |= _headers(route, found, place)
    policy |= filter_policy(route.named("typed_per_filter_config"), place, found)
    for key in _NOT_DONE:
        if action.has(key):
            found.note(
                f"{place}: {key}", "the proxy does not do it", _CURES.get(key, "let the service do it")
            )
            action.ignore(key)
    return policy


_NOT_DONE = (
    *("prefix_rewrite", "regex_rewrite", "host_rewrite_literal", "host_rewrite_header", "auto_host_rewrite"),
    *("cors", "rate_limits", "internal_redirect_policy", "cluster_header", "upgrade_configs"),
)
_CURES = {
    "rate_limits": "policy.rate_limit counts in each task of the proxy, without a rate limit service",
    "prefix_rewrite": "let the service serve the path that clients call",
    "auto_host_rewrite": "nothing to do: the proxy leaves :authority as the client sent it",
    "host_rewrite_literal": "nothing to do, unless the server looks at :authority",
}


def _retries(retry: Part, hedge: Part, place: str, found: Found) -> Policy:
    """Return a retry policy as ours; calls that no task can have begun are repeated in any case."""
    if not retry.values:
        return {}
    asked = [one.strip() for one in (retry.text("retry_on") or "").split(",") if one.strip()]
    on = [one.replace("-", "_") for one in asked if one in _STATUSES]
    for one in asked:
        if one not in (*_STATUSES, *_ALWAYS):
            cure = "name the gRPC status in retries.on instead, such as unavailable"
            found.note(f"{place}: retry_on {one}", "an answer of gRPC has the HTTP status 200", cure)
    retries_at_most = retry.whole("num_retries")
    attempts = 1 + (1 if retries_at_most is None else retries_at_most)  # Envoy's default is one retry
    limit, waits = time_text(retry.seconds("per_try_timeout")), retry["retry_back_off"]
    times = given(
        base=time_text(waits.seconds("base_interval")), max=time_text(waits.seconds("max_interval"))
    )
    hedges = bool(hedge.flag("hedge_on_per_try_timeout")) and limit is not None
    hedge.ignore(*hedge.values)
    retry.ignore("retry_host_predicate", "host_selection_retry_max_attempts", "retry_priority",
                 "retriable_status_codes", "retriable_headers", "retriable_request_headers")  # fmt: skip
    if retry.has("per_try_idle_timeout"):
        retry.ignore("per_try_idle_timeout")
        found.note(f"{place}: per_try_idle_timeout", "it has no key", "see retries.per_try_timeout")
    if retry.has("rate_limited_retry_back_off"):
        retry.ignore("rate_limited_retry_back_off")
        found.note(f"{place}: rate_limited_retry_back_off", "it has no key", "see retries.back_off")
    repeats = bool(on) or hedges
    retries = given(
        on=on or None,
        attempts=attempts,
        per_try_timeout=limit if on and not hedges else None,
        back_off=times or None,
    )
    if repeats:
        found.note(
            f"{place}: retry_policy",
            "it repeats calls that a task may have begun",
            "the file has idempotent: true for them; remove it where a call must not run twice",
        )
    hedging: Policy = {"hedging": {"after": limit, "attempts": max(attempts, 2)}} if hedges else {}
    return {**({"idempotent": True} if repeats else {}), "retries": retries, **hedging}


def _mirror(action: Part, names: Mapping[str, str], place: str, found: Found) -> Policy:
    mirrors = action.parts("request_mirror_policies")
    for mirror in mirrors[1:]:
        mirror.ignore(*mirror.values)
        found.note(f"{place}: request_mirror_policies", "a service has one mirror", "the first one is kept")
    if not mirrors or (to := names.get(mirrors[0].text("cluster") or "")) is None:
        return {}
    mirrors[0].ignore("trace_sampled", "disable_shadow_host_suffix_append")
    share = percent(mirrors[0]["runtime_fraction"]["default_value"])
    mirrors[0]["runtime_fraction"].ignore("runtime_key")
    return {"mirror": {"to": to, **({"percent": share} if share is not None and share < 100 else {})}}


def _headers(route: Part, found: Found, place: str) -> Policy:
    changed: Policy = {}
    for direction in ("request", "response"):
        one: Policy = {}
        for option in route.parts(f"{direction}_headers_to_add"):
            header, action = option["header"], option.text("append_action")
            name, value = header.needed("key"), header.text("value") or ""
            option.ignore("append", "keep_empty_value")
            if "%" in value:
                found.note(
                    f"{place}: header {name}", "its value is a format of Envoy's", "give a plain value"
                )
                continue
            kind = (
                "set"
                if action == "OVERWRITE_IF_EXISTS_OR_ADD" or option.values.get("append") is False
                else "add"
            )
            one[kind] = {**one.get(kind, {}), name: value}  # type: ignore[dict-item]  # pyright: ignore
        if removed := route.texts(f"{direction}_headers_to_remove"):
            one["remove"] = removed
        if one:
            changed[direction] = one
    return {"headers": changed} if changed else {}
