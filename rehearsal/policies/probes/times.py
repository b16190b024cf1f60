"""Probes of timeouts, retries, hedging and faults."""

from collections.abc import Iterator
from datetime import timedelta

from envoy_config.policy.headers import HeaderMatch
from envoy_config.values import duration_text
from rehearsal.policies.probe import Probe, Seen, Subject, seen_counts
from rehearsal.policies.tasks import Attempt
from rehearsal.policies.world import Client, Result, World

Metadata = tuple[tuple[str, str], ...]
LONGEST = timedelta(seconds=10)
"""Times above are not waited for, because a rehearsal is bounded."""

WAITS = (Attempt(waits=True),) * 25
_CALLS = 100


def probes(subject: Subject) -> Iterator[Probe]:
    """Yield a probe for each setting of these kinds that the file gives."""
    policy = subject.found.policy
    if subject.given("timeout") and policy.timeout:
        yield _timeout("timeout", policy.timeout)
    if subject.given("idle_timeout") and policy.idle_timeout:
        if policy.timeout and policy.timeout <= policy.idle_timeout:
            yield Probe(setting="idle_timeout", expected="timeout ends a call before it")
        else:
            yield _timeout("idle_timeout", policy.idle_timeout)
    yield from _retries(subject)
    if subject.given("hedging") and policy.hedging:
        after = duration_text(policy.hedging.after)
        yield Probe(setting="hedging", expected=f"a silent task: OK from another after {after}", run=_second)
    if subject.given("fault") and policy.fault:
        yield from _fault(subject)


def _timeout(setting: str, limit: timedelta) -> Probe:
    text = duration_text(limit)
    if limit > LONGEST:
        return Probe(setting=setting, expected=f"{text} is more than a rehearsal waits for")

    def run(client: Client, subject: Subject, _world: World) -> Seen:
        result = client.call(subject.path, *WAITS)
        who = "the proxy" if "ended this call" in result.message else "the client"
        late = result.seconds >= 0.9 * limit.total_seconds()
        good = result.status == "DEADLINE_EXCEEDED" and who == "the proxy" and late
        return Seen(text=f"{result.status} by {who} after {result.seconds:.2f} s", good=good)

    return Probe(
        setting=setting, expected=f"a silent task: DEADLINE_EXCEEDED by the proxy after {text}", run=run
    )


def _retries(subject: Subject) -> Iterator[Probe]:
    retries = subject.found.policy.retries
    for status in retries.on if subject.given("retries", "on") else ():
        name = status.upper()

        def once(client: Client, subject: Subject, _world: World, name: str = name) -> Seen:
            result = client.call(subject.path, Attempt(fails=name))
            return Seen(text=_attempts(result), good=result.status == "OK" and len(result.begun) == 2)

        yield Probe(setting=f"retries.on {status}", expected=f"{name} once: OK at attempt 2", run=once)
    if subject.given("retries", "attempts") and retries.on:
        name = retries.on[0].upper()

        def always(client: Client, subject: Subject, _world: World) -> Seen:
            result = client.call(subject.path, *[Attempt(fails=name)] * 25)
            good = result.status == name and len(result.begun) == retries.attempts
            return Seen(text=_attempts(result), good=good)

        expected = f"{name} always: {name} after {retries.attempts} attempts"
        yield Probe(setting="retries.attempts", expected=expected, run=always)
    if subject.given("retries") and not subject.found.policy.idempotent:

        def begun(client: Client, subject: Subject, _world: World) -> Seen:
            result = client.call(subject.path, Attempt(fails="UNAVAILABLE"))
            good = result.status == "UNAVAILABLE" and len(result.begun) == 1
            return Seen(text=_attempts(result), good=good)

        expected = "a task that fails a begun call: UNAVAILABLE at attempt 1"
        yield Probe(setting="retries, not idempotent", expected=expected, run=begun)
    if subject.given("retries", "per_try_timeout") and retries.per_try_timeout:
        after = duration_text(retries.per_try_timeout)
        expected = f"a silent task: OK at attempt 2 after {after}"
        yield Probe(setting="retries.per_try_timeout", expected=expected, run=_second)


def _second(client: Client, subject: Subject, _world: World) -> Seen:
    result = client.call(subject.path, Attempt(waits=True))
    two = len({begun.task for begun in result.begun}) == 2
    return Seen(text=f"{_attempts(result)}, {result.seconds:.2f} s", good=result.status == "OK" and two)


def _attempts(result: Result) -> str:
    return f"{result.status}, {len(result.begun)} begun"


def _fault(subject: Subject) -> Iterator[Probe]:
    fault = subject.found.policy.fault
    if fault is None:
        return
    metadata = with_header(fault.header)
    calls = 20 if fault.percent == 100 else _CALLS
    if fault.abort:
        name = fault.abort.upper()

        def abort(client: Client, subject: Subject, _world: World) -> Seen:
            results = client.calls(calls, subject.path, metadata=metadata)
            count = sum(result.status == name and not result.begun for result in results)
            return Seen(text=seen_counts([r.status for r in results]), good=near(count, calls, fault.percent))

        expected = f"{fault.percent:g} % of {calls} calls: {name}, and no task begins them"
        yield Probe(setting="fault.abort", expected=expected, run=abort)
    if fault.delay:
        least = fault.delay.total_seconds()
        if fault.delay > LONGEST:
            yield Probe(setting="fault.delay", expected="is more than a rehearsal waits for")
            return

        def delay(client: Client, subject: Subject, _world: World) -> Seen:
            results = client.calls(calls, subject.path, metadata=metadata)
            count = sum(result.seconds >= least for result in results)
            return Seen(text=f"{count} of {calls} took that long", good=near(count, calls, fault.percent))

        text = duration_text(fault.delay)
        expected = f"{fault.percent:g} % of {calls} calls: at least {text}"
        yield Probe(setting="fault.delay", expected=expected, run=delay)
    if fault.header:

        def without(client: Client, subject: Subject, _world: World) -> Seen:
            results = client.calls(20, subject.path)
            good = all(result.status == "OK" for result in results)
            return Seen(text=seen_counts([result.status for result in results]), good=good)

        yield Probe(setting="fault.header", expected=f"without {fault.header.name}: 20 OK", run=without)


def with_header(header: HeaderMatch | None) -> Metadata:
    """Return metadata that `header` matches."""
    return ((header.name, header.value or "rehearsal"),) if header else ()


def near(count: int, calls: int, percent: float) -> bool:
    """Return whether a lot of `percent` may give `count` of `calls`: within four standard deviations."""
    share = percent / 100
    return abs(count - calls * share) <= 4 * (calls * share * (1 - share)) ** 0.5 + (0 < share < 1)
