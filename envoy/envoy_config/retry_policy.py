"""When Envoy repeats a call."""

from envoy_config.messages import (
    Metadata,
    OmitHostMetadataConfig,
    PreviousHostsPredicate,
    RetryPolicy,
    RetryPolicyRetryBackOff,
    RetryPolicyRetryHostPredicate,
    Struct,
    Value,
)
from envoy_config.policy.traffic_policy import MethodPolicy
from envoy_config.typed_extension import typed_config


def retry_policy(policy: MethodPolicy, *, zone_aware: bool) -> RetryPolicy:
    """Return when a call with this policy is repeated; `zone_aware` says whether one zone is preferred."""
    retries = policy.retries
    return RetryPolicy(
        # Only if no task can have begun the call, so that methods do not have to be idempotent.
        retry_on="connect-failure,refused-stream,reset-before-request",
        num_retries=retries.attempts - 1,
        retry_back_off=RetryPolicyRetryBackOff(
            base_interval=retries.back_off.base, max_interval=retries.back_off.max
        ),
        retry_host_predicate=[_previous_hosts(), *([_own_zone()] if zone_aware else [])],
        # If a zone is preferred, one pick in twenty is from another zone; 40 picks are two such rounds.
        host_selection_retry_max_attempts=40 if zone_aware else 5,
    )


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
