"""Rules for the times of calls: a time that another one makes pointless is refused."""

from collections.abc import Iterator
from datetime import timedelta

from ecs_envoy.plan.policy.subject import PoliciesOfService
from ecs_envoy.plan.rules import Rule
from envoy_config.policy.layers import EffectivePolicy
from envoy_config.policy.retries import Retries
from envoy_config.settings_error import Finding
from envoy_config.values import duration_text


def _stream_duration(service: PoliciesOfService) -> Iterator[Finding]:
    for calls in service.methods:
        timeout, longest = calls.policy.timeout, calls.policy.max_stream_duration
        if timeout and longest and longest < timeout:
            yield (
                calls.place("max_stream_duration"),
                (
                    f"{duration_text(longest)} is shorter than the timeout of {duration_text(timeout)}, "
                    f"which it would make pointless; give {duration_text(timeout)} or more, or no timeout"
                ),
            )


def _attempts_within_timeout(service: PoliciesOfService) -> Iterator[Finding]:
    for calls in service.methods:
        if calls.policy.timeout is None or not calls.policy.idempotent:
            continue
        if calls.policy.hedging:
            yield from _hedges(calls, calls.policy.timeout)
        elif calls.policy.retries.per_try_timeout:
            yield from _tries(calls, calls.policy.timeout, calls.policy.retries.per_try_timeout)


def _hedges(calls: EffectivePolicy, timeout: timedelta) -> Iterator[Finding]:
    hedging = calls.policy.hedging
    assert hedging  # noqa: S101  # the caller knows
    if hedging.after >= timeout:
        yield (
            calls.place("hedging", "after"),
            (
                f"{duration_text(hedging.after)} is not shorter than the timeout of "
                f"{duration_text(timeout)}, so that no second attempt begins; give a shorter time, such as "
                "that within which 95 % of the calls are answered"
            ),
        )


def _tries(calls: EffectivePolicy, timeout: timedelta, per_try: timedelta) -> Iterator[Finding]:
    if per_try >= timeout:
        yield (
            calls.place("retries", "per_try_timeout"),
            (
                f"{duration_text(per_try)} is not shorter than the timeout of {duration_text(timeout)}, "
                "so that no attempt is repeated; give a shorter time, or a longer timeout"
            ),
        )
        return
    retries = calls.policy.retries
    longest = _longest(retries, per_try, retries.attempts)
    if longest <= timeout:
        return
    fitting = [
        number for number in range(2, retries.attempts) if _longest(retries, per_try, number) <= timeout
    ]
    fewer = f"attempts: {fitting[-1]}" if fitting else "a shorter per_try_timeout"
    yield (
        calls.place("retries", "attempts"),
        (
            f"{retries.attempts} attempts of {duration_text(per_try)} and the waits between them may take "
            f"{duration_text(longest)}, longer than the timeout of {duration_text(timeout)}; give "
            f"{fewer}, or timeout: {duration_text(longest)}"
        ),
    )


def _longest(retries: Retries, per_try: timedelta, attempts: int) -> timedelta:
    waits = [min(retries.back_off.base * 2**number, retries.back_off.max) for number in range(attempts - 1)]
    return per_try * attempts + sum(waits, timedelta())


def _back_off(service: PoliciesOfService) -> Iterator[Finding]:
    for calls in service.methods:
        back_off = calls.policy.retries.back_off
        if back_off.base > back_off.max:
            yield (
                calls.place("retries", "back_off", "base"),
                (
                    f"{duration_text(back_off.base)} is longer than max, {duration_text(back_off.max)}; give "
                    "a shorter base, or a longer max"
                ),
            )


TIME_RULES: tuple[Rule[PoliciesOfService], ...] = (_stream_duration, _attempts_within_timeout, _back_off)
