"""Rules for limits: of calls a second, of open calls, and of the size of messages."""

from collections.abc import Iterator

from ecs_envoy.plan.policy.subject import PoliciesOfService
from ecs_envoy.plan.rules import Rule
from envoy_config.settings_error import Finding


def _rate_limit(service: PoliciesOfService) -> Iterator[Finding]:
    for calls in service.methods:
        limit = calls.policy.rate_limit
        if limit is None:
            continue
        rates = limit.rates
        if not any(rates.values()):
            yield calls.place("rate_limit"), f"limits nothing; give {', '.join(rates)} or several of them"
        if limit.header is None and limit.header_calls_per_second:
            yield (
                calls.place("rate_limit", "header_calls_per_second"),
                "needs header, whose values are counted apart",
            )
        if limit.header is not None and not limit.header_calls_per_second:
            yield (
                calls.place("rate_limit", "header"),
                "has no effect without header_calls_per_second; give both",
            )
        whole = limit.calls_per_second
        for key, rate in rates.items():
            if whole and rate and rate > whole:
                yield (
                    calls.place("rate_limit", key),
                    (
                        f"is {rate}, more than calls_per_second, which is {whole}: it limits nothing; "
                        f"give less than {whole}"
                    ),
                )


def _adaptive(service: PoliciesOfService) -> Iterator[Finding]:
    bounds = service.whole.adaptive_concurrency
    if bounds and bounds.min_open_calls > bounds.max_open_calls:
        yield (
            service.service.place("adaptive_concurrency", "min_open_calls"),
            f"is {bounds.min_open_calls}, more than max_open_calls; give {bounds.max_open_calls} at most",
        )


def _message_size(service: PoliciesOfService) -> Iterator[Finding]:
    for calls in service.methods:
        if calls.stream and calls.policy.max_message_bytes is not None:
            here = calls.place("max_message_bytes")
            problem = "is for methods with one request, which the proxy holds until all of it is there"
            yield here, f"{problem}; remove it from this streaming method"


LIMIT_RULES: tuple[Rule[PoliciesOfService], ...] = (_rate_limit, _adaptive, _message_size)
