"""Probes of what the proxy refuses: rates, open calls, large messages, and services that fail."""

from collections.abc import Iterator

from envoy_config.policy.limits import RateLimit
from rehearsal.policies.probe import Probe, Seen, Subject, seen_counts
from rehearsal.policies.probes.times import Metadata
from rehearsal.policies.tasks import Attempt
from rehearsal.policies.world import Client, World

MOST_CALLS = 400
"""A flood of more is not sent: it would take minutes on a busy machine."""

_MOST_BYTES = 16 * 2**20
_TOO_MANY = 20


def probes(subject: Subject) -> Iterator[Probe]:
    """Yield a probe for each setting of these kinds that the file gives."""
    policy, whole = subject.found.policy, subject.whole
    if subject.given("rate_limit") and policy.rate_limit:
        yield from _rate_limits(policy.rate_limit)
    if subject.given("max_message_bytes") and policy.max_message_bytes:
        yield _message(policy.max_message_bytes)
    if subject.found.method:
        return
    if subject.given("circuit_breakers", "max_open_calls"):
        yield _open_calls(whole.circuit_breakers.max_open_calls or 0)
    if subject.given("admission_control") and whole.admission_control:
        expected = f"{MOST_CALLS} calls that fail: some are refused, and no task begins them"
        yield Probe(setting="admission_control", expected=expected, run=_admission)
    if subject.given("adaptive_concurrency") and whole.adaptive_concurrency:
        yield Probe(setting="adaptive_concurrency", expected="its bound needs minutes of load to settle")


def _rate_limits(limit: RateLimit) -> Iterator[Probe]:
    kinds: dict[str, tuple[int | None, Metadata]] = {
        "calls_per_second": (limit.calls_per_second, ()),
        "client_calls_per_second": (limit.client_calls_per_second, ()),
        "header_calls_per_second": (limit.header_calls_per_second, ((limit.header or "", "rehearsal"),)),
    }
    for key, (rate, metadata) in kinds.items():
        if rate is None:
            continue
        most = limit.burst or rate
        if 2 * most > MOST_CALLS:
            yield Probe(setting=f"rate_limit.{key}", expected=f"{2 * most} calls at once are too many here")
            continue

        def flood(
            client: Client,
            subject: Subject,
            _world: World,
            most: int = most,
            metadata: Metadata = metadata,
        ) -> Seen:
            # Sent until some are refused: on a slow machine the bucket fills again meanwhile.
            statuses: list[str] = []
            for _ in range(4):
                statuses += [r.status for r in client.calls(2 * most, subject.path, metadata=metadata)]
                if "RESOURCE_EXHAUSTED" in statuses:
                    break
            begun = len(client.begun())
            good = set(statuses) == {"OK", "RESOURCE_EXHAUSTED"} and statuses.count("OK") == begun >= most
            return Seen(text=seen_counts(statuses), good=good)

        expected = f"{2 * most} calls at once: at least {most} OK, then RESOURCE_EXHAUSTED"
        yield Probe(setting=f"rate_limit.{key}", expected=expected, run=flood)


def _message(most: int) -> Probe:
    if most > _MOST_BYTES:
        return Probe(setting="max_message_bytes", expected="is more than a rehearsal sends")

    def run(client: Client, subject: Subject, _world: World) -> Seen:
        fits, large = client.call(subject.path, size=most), client.call(subject.path, size=most + 1000)
        good = (fits.status, large.status) == ("OK", "RESOURCE_EXHAUSTED") and not large.begun
        return Seen(text=f"{fits.status}, then {large.status}", good=good)

    expected = f"{most} bytes: OK; 1000 more: RESOURCE_EXHAUSTED, and no task begins it"
    return Probe(setting="max_message_bytes", expected=expected, run=run)


def _open_calls(most: int) -> Probe:
    if most > MOST_CALLS // 2:
        return Probe(
            setting="circuit_breakers.max_open_calls", expected=f"{most} open calls are too many here"
        )

    def run(client: Client, subject: Subject, _world: World) -> Seen:
        results = client.calls(most + _TOO_MANY, subject.path, Attempt(pause=3), at_once=most + _TOO_MANY)
        begun = len(client.begun())
        statuses = [result.status for result in results]
        return Seen(text=f"{begun} begun; {seen_counts(statuses)}", good=begun == most)

    expected = f"{most + _TOO_MANY} calls at once: {most} begun"
    return Probe(setting="circuit_breakers.max_open_calls", expected=expected, run=run)


def _admission(client: Client, subject: Subject, _world: World) -> Seen:
    results = client.calls(MOST_CALLS, subject.path, *[Attempt(fails="UNAVAILABLE")] * 25)
    refused = sum(not result.begun for result in results)
    return Seen(text=f"{refused} refused", good=refused > 0)
