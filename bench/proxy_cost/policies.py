"""Policies of the service that is called, whose costs are counted."""

from typing import Any

from bench.proxy_cost.envoys import method

_OTHER = "s1"
_METHOD = method(0).removeprefix("/")

POLICIES: dict[str, dict[str, Any]] = {
    "a method with its own policy": {"methods": {_METHOD: {"idempotent": True}}},
    "`timeout`": {"timeout": "30s"},
    "`idle_timeout`": {"idle_timeout": "30s"},
    "`max_stream_duration`": {"max_stream_duration": "1h"},
    "`retries.on`, with heed of push-back": {"idempotent": True, "retries": {"on": ["unavailable"]}},
    "`retries.per_try_timeout`": {"idempotent": True, "retries": {"per_try_timeout": "10s"}},
    "`hedging`, none needed": {"idempotent": True, "hedging": {"after": "10s"}},
    "`load_balancing.type: least_request`": {"load_balancing": {"type": "least_request"}},
    "`load_balancing.type: random`": {"load_balancing": {"type": "random"}},
    "`load_balancing.type: ring_hash`": {"load_balancing": {"type": "ring_hash", "hash_header": "x-user"}},
    "`load_balancing.slow_start`": {"load_balancing": {"slow_start": {}}},
    "`rate_limit.calls_per_second`": {"rate_limit": {"calls_per_second": 1_000_000}},
    "`rate_limit.client_calls_per_second`": {"rate_limit": {"client_calls_per_second": 1_000_000}},
    "`rate_limit.header_calls_per_second`": {
        "rate_limit": {"header": "user-agent", "header_calls_per_second": 1_000_000}
    },
    "`admission_control`": {"admission_control": {}},
    "`adaptive_concurrency`": {"adaptive_concurrency": {"min_open_calls": 1000}},
    "`max_message_bytes`": {"max_message_bytes": 1_000_000},
    "`canary.percent`": {"canary": {"to": _OTHER, "percent": 5}},
    "`canary.header`": {"canary": {"to": _OTHER, "header": "x-canary"}},
    "`mirror` of every call": {"mirror": {"to": _OTHER}},
    "`fault` for a header that no call has": {"fault": {"abort": "unavailable", "header": "x-fault"}},
    "`headers`, one set in each direction": {
        "headers": {"request": {"set": {"x-a": "1"}}, "response": {"set": {"x-a": "1"}}}
    },
}
"""Each policy by its name on the page."""
