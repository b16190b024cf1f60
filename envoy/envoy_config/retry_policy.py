"""When Envoy repeats a call."""

from collections.abc import Sequence
from datetime import timedelta

from envoy_config.messages import (
    HeaderMatcher,
    Metadata,
    OmitHostMetadataConfig,
    PreviousHostsPredicate,
    RetryPolicy,
    RetryPolicyRetryBackOff,
    RetryPolicyRetryHostPredicate,
    StringMatcher,
    Struct,
    Value,
)
from envoy_config.policy.status import NUMBERS, FailedStatus
from envoy_config.policy.traffic_policy import MethodPolicy
from envoy_config.push_back import heeds_push_back, rate_limited_retry_back_off
from envoy_config.typed_extension import typed_config

_NATIVE: dict[FailedStatus, str] = {
    "cancelled": "cancelled",
    "deadline_exceeded": "deadline-exceeded",
    "internal": "internal",
    "resource_exhausted": "resource-exhausted",
    "unavailable": "unavailable",
}
"""The status codes that Envoy has a word for ("Router": x-envoy-retry-grpc-on)."""


def retry_policy(policy: MethodPolicy, *, zone_aware: bool) -> RetryPolicy:
    """Return when a call with this policy is repeated; `zone_aware` says whether one zone is preferred."""
    retries, hedging = policy.retries, policy.hedging if policy.idempotent else None
    others: list[FailedStatus] = [status for status in _statuses(policy) if status not in _NATIVE]
    predicates = [_previous_hosts(), *([_own_zone()] if zone_aware else [])] if retries.other_task else []
    return RetryPolicy(
        retry_on=",".join(_conditions(policy)),
        # Envoy counts a hedge like a retry.
        num_retries=(hedging or retries).attempts - 1,
        per_try_timeout=_per_try_timeout(policy),
        retry_back_off=RetryPolicyRetryBackOff(
            base_interval=retries.back_off.base, max_interval=retries.back_off.max
        ),
        rate_limited_retry_back_off=rate_limited_retry_back_off() if heeds_push_back(policy) else None,
        retry_host_predicate=predicates,
        # If a zone is preferred, one pick in twenty is from another zone; 40 picks are two such rounds.
        host_selection_retry_max_attempts=(40 if zone_aware else 5) if predicates else 0,
        retriable_headers=[_status_header(status) for status in others],
    )


def _conditions(policy: MethodPolicy) -> list[str]:
    """Return Envoy's conditions for a retry (`retry_on`)."""
    # Only if no task can have begun the call, so that methods do not have to be idempotent.
    found = ["connect-failure", "refused-stream", "reset-before-request"]
    if not policy.idempotent:
        return found
    statuses = _statuses(policy)
    found += [_NATIVE[status] for status in statuses if status in _NATIVE]
    if any(status not in _NATIVE for status in statuses):
        found.append("retriable-headers")
    # The connection broke before the task answered: the client would read UNAVAILABLE. Envoy also repeats an
    # attempt that took too long only with this condition.
    if "unavailable" in statuses or _per_try_timeout(policy):
        found.append("reset")
    return found


def _statuses(policy: MethodPolicy) -> Sequence[FailedStatus]:
    return policy.retries.on if policy.idempotent else ()


def _per_try_timeout(policy: MethodPolicy) -> timedelta | None:
    if not policy.idempotent:
        return None
    return policy.hedging.after if policy.hedging else policy.retries.per_try_timeout


def _status_header(status: FailedStatus) -> HeaderMatcher:
    return HeaderMatcher(name="grpc-status", string_match=StringMatcher(exact=str(NUMBERS[status])))


def _previous_hosts() -> RetryPolicyRetryHostPredicate:
    # A second try on the same task would probably fail like the first.
    return RetryPolicyRetryHostPredicate(
        name="envoy.retry_host_predicates.previous_hosts", typed_config=typed_config(PreviousHostsPredicate())
    )


def _own_zone() -> RetryPolicyRetryHostPredicate:
    # Endpoints of the preferred zone have this metadata. The tasks of one zone can fail together, and without
    # this predicate all tries would go to them (found by a test: every call failed until the health check
    # noticed).
    own_zone = Metadata(filter_metadata={"envoy.lb": Struct(fields={"own_zone": Value(bool_value=True)})})
    return RetryPolicyRetryHostPredicate(
        name="envoy.retry_host_predicates.omit_host_metadata",
        typed_config=typed_config(OmitHostMetadataConfig(metadata_match=own_zone)),
    )
