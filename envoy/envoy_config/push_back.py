"""What a server says about retries in its answer (`grpc-retry-pushback-ms`), in words that Envoy knows.

Envoy knows headers with whole seconds (`rate_limited_retry_back_off`), and one that forbids a retry
(`x-envoy-ratelimited`). So a filter on the way back from the task translates ("A6: client retries").
"""

from datetime import timedelta

from envoy_config.header_changes import header_set
from envoy_config.messages import (
    HeaderMutation,
    HeaderMutationRule,
    HeaderMutations,
    HttpFilter,
    RetryPolicyRateLimitedRetryBackOff,
    RetryPolicyResetHeader,
    RetryPolicyResetHeaderFormat,
    UpstreamCodec,
)
from envoy_config.method_routes import policies_of
from envoy_config.model import Service
from envoy_config.policy.traffic_policy import MethodPolicy
from envoy_config.typed_extension import typed_config

_SECONDS = "retry-after"  # of HTTP, so that it also works if a task sends it by itself
_GIVEN = "grpc-retry-pushback-ms"
_LONGEST = timedelta(minutes=5)  # Envoy's default, written out: it ignores a longer wait
_HEADER = f"response.headers['{_GIVEN}']"
_IS_GIVEN = f"'{_GIVEN}' in response.headers"
_IS_TIME = f"{_HEADER}.matches('^[0-9]{{1,9}}$')"


def heeds_push_back(policy: MethodPolicy) -> bool:
    """Return whether calls with this policy are repeated after an answer, which may have a push-back."""
    return policy.idempotent and bool(policy.retries.on)


def rate_limited_retry_back_off() -> RetryPolicyRateLimitedRetryBackOff:
    """Return the wait before a retry after an answer with a push-back."""
    return RetryPolicyRateLimitedRetryBackOff(
        reset_headers=[
            RetryPolicyResetHeader(name=_SECONDS, format=RetryPolicyResetHeaderFormat.SECONDS),
        ],
        max_interval=_LONGEST,
    )


def push_back_filters(service: Service) -> list[HttpFilter]:
    """Return the filters of answers from the tasks of `service`; none if no answer of them is followed."""
    if not any(heeds_push_back(policy) for policy in policies_of([service])):
        return []
    seconds = f"(int({_HEADER})+999)/1000"
    rules = [
        _set(_SECONDS, f"{_IS_GIVEN} && {_IS_TIME} ? {seconds} : ''"),
        _set("x-envoy-ratelimited", f"{_IS_GIVEN} && !{_IS_TIME} ? 'true' : ''"),
    ]
    return [
        HttpFilter(
            name="envoy.filters.http.header_mutation",
            typed_config=typed_config(HeaderMutation(mutations=HeaderMutations(response_mutations=rules))),
        ),
        HttpFilter(name="envoy.filters.http.upstream_codec", typed_config=typed_config(UpstreamCodec())),
    ]


def _set(name: str, expression: str) -> HeaderMutationRule:
    return HeaderMutationRule(append=header_set(name, f"%CEL({expression})%"))
