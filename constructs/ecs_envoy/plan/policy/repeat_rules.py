"""Rules for calls that are repeated though a task may have begun them: idempotent ones only."""

from collections.abc import Iterator, Sequence

from ecs_envoy.plan.policy.subject import PoliciesOfService
from ecs_envoy.plan.rules import Rule
from envoy_config.policy.layers import EffectivePolicy
from envoy_config.settings_error import Finding, KeyPath

_UNSAFE: dict[tuple[str, ...], str] = {
    ("retries", "on"): "repeats calls after an answer",
    ("retries", "per_try_timeout"): "ends an attempt, which would have to be repeated",
    ("hedging",): "sends calls to two tasks",
}


def _idempotent(service: PoliciesOfService) -> Iterator[Finding]:
    for where, problem in without_idempotent(service.methods):
        if where[0] != "policy":  # what is given for all services is in shared_rules.py
            yield where, problem


def without_idempotent(methods: Sequence[EffectivePolicy]) -> Iterator[Finding]:
    """Yield each place where calls of `methods` are to be repeated, and none of the methods is idempotent."""
    for key, what in _UNSAFE.items():
        given: dict[KeyPath, bool] = {}
        for calls in methods:
            where = calls.source(*key)
            if where and _is_on(calls, key):
                given[where] = given.get(where, False) or calls.policy.idempotent
        problem = f"{what}, and no method that it is for is idempotent; give idempotent: true to the methods"
        for where, has_idempotent in given.items():
            if not has_idempotent:
                yield where, f"{problem} whose calls may run twice, or remove it"


def _streams(service: PoliciesOfService) -> Iterator[Finding]:
    for calls in service.methods:
        # Streams inherit neither of the two.
        for key in (("retries", "on"), ("hedging",)):
            if calls.stream and _is_on(calls, key):
                yield (
                    calls.place(*key),
                    (
                        f"{calls.method} is one of the streaming_methods, and a stream that has begun "
                        "cannot be repeated; remove it"
                    ),
                )


def _two_ways(service: PoliciesOfService) -> Iterator[Finding]:
    for calls in service.methods:
        if calls.policy.idempotent and calls.policy.hedging and calls.policy.retries.per_try_timeout:
            yield (
                calls.place("retries", "per_try_timeout"),
                "Envoy has one time for this and for hedging.after; remove one of them here, such as by null",
            )


def _one_attempt(service: PoliciesOfService) -> Iterator[Finding]:
    repeated: dict[KeyPath, bool] = {}
    for calls in service.methods:
        retries, where = calls.policy.retries, calls.source("retries", "on")
        # What is given for all services may be for another one.
        if where and where[0] != "policy" and retries.on and calls.policy.idempotent:
            several = retries.attempts > 1 or calls.policy.hedging is not None
            repeated[where] = repeated.get(where, False) or several
    for where, has_effect in repeated.items():
        if not has_effect:
            yield where, "has no effect with attempts: 1; give 2 attempts or more, or remove it"


def _budget(service: PoliciesOfService) -> Iterator[Finding]:
    for calls in service.methods:
        where = calls.source("retries", "budget")
        if where and "methods" in where and calls.policy.retries.budget:
            yield where, "a budget is for a whole service; give it in the policy of the service"
    whole = service.service
    if whole.policy.retries.budget and whole.source("circuit_breakers", "max_retries"):
        yield (
            whole.place("retries", "budget"),
            "takes the place of circuit_breakers.max_retries, which is given, too; remove one of them",
        )


def _is_on(calls: EffectivePolicy, key: tuple[str, ...]) -> bool:
    if key == ("hedging",):
        return calls.policy.hedging is not None
    return bool(getattr(calls.policy.retries, key[1]))


REPEAT_RULES: tuple[Rule[PoliciesOfService], ...] = (_idempotent, _streams, _two_ways, _one_attempt, _budget)
