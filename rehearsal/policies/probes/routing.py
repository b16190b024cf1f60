"""Probes of where calls go: canaries, mirrors, and the headers that the proxy changes."""

import time
from collections.abc import Iterator

from envoy_config.policy.headers import HeaderChange
from rehearsal.policies.probe import Probe, Seen, Subject, seen_counts
from rehearsal.policies.probes.times import Metadata, near, with_header
from rehearsal.policies.world import Client, Result, World

_CALLS = 300
_COPY_SECONDS = 10.0
"""Copies are sent beside a call, and may begin after its end."""


def probes(subject: Subject) -> Iterator[Probe]:
    """Yield a probe for each setting of these kinds that the file gives."""
    policy = subject.found.policy
    for canary in policy.canaries if subject.given("canary") else ():
        if canary.to is None:
            yield Probe(setting="canary.version", expected="DNS finds the tasks here, without versions")
            continue
        to = canary.to
        if canary.header:
            metadata = with_header(canary.header)

            def by_header(
                client: Client,
                subject: Subject,
                _world: World,
                to: str = to,
                metadata: Metadata = metadata,
            ) -> Seen:
                client.calls(30, subject.path, metadata=metadata)
                services = [begun.service for begun in client.begun()]
                return Seen(text=seen_counts(services), good=services == [to] * 30)

            yield Probe(
                setting="canary.header",
                expected=f"30 calls with {canary.header.name}: 30 {to}",
                run=by_header,
            )
        if canary.percent:
            percent = canary.percent

            def by_lot(
                client: Client, subject: Subject, _world: World, to: str = to, percent: float = percent
            ) -> Seen:
                client.calls(_CALLS, subject.path)
                services = [begun.service for begun in client.begun()]
                good = len(services) == _CALLS and near(services.count(to), _CALLS, percent)
                return Seen(text=seen_counts(services), good=good)

            expected = f"{percent:g} % of {_CALLS} calls: {to}"
            yield Probe(setting="canary.percent", expected=expected, run=by_lot)
    if subject.given("mirror") and policy.mirror:
        yield _mirror(policy.mirror.to, policy.mirror.percent)
    for direction in ("request", "response"):
        change: HeaderChange = getattr(policy.headers, direction)
        if subject.given("headers", direction) and (change.set or change.add or change.remove):
            yield _headers(direction, change)


def _mirror(to: str, percent: float) -> Probe:
    def run(client: Client, subject: Subject, _world: World) -> Seen:
        results = client.calls(_CALLS, subject.path)
        count, end = -1, time.monotonic() + _COPY_SECONDS
        while time.monotonic() < end:
            now = sum(begun.service == to for begun in client.begun())
            if now == count and near(now, _CALLS, percent):
                break
            count = now
            time.sleep(0.3)
        answered = sum(result.status == "OK" for result in results)
        good = answered == _CALLS and near(count, _CALLS, percent)
        return Seen(text=f"{answered} OK, {count} copies", good=good)

    return Probe(setting="mirror", expected=f"{_CALLS} OK, copies of {percent:g} %: {to}", run=run)


def _metadata(result: Result) -> dict[str, str]:
    return result.begun[0].metadata if result.begun else {}


def _headers(direction: str, change: HeaderChange) -> Probe:
    def run(client: Client, subject: Subject, _world: World) -> Seen:
        given = tuple((name, "client") for name in (*change.remove, *change.set))
        result = client.call(subject.path, metadata=given if direction == "request" else ())
        found = result.headers if direction == "response" else _metadata(result)
        wrong = [
            *(name for name, value in change.set.items() if found.get(name) != value),
            *(name for name, value in change.add.items() if value not in found.get(name, "")),
            *(name for name in change.remove if name in found),
        ]
        return Seen(text=f"not so: {', '.join(wrong)}" if wrong else "so", good=not wrong)

    parts = [*(f"{name}: {value}" for name, value in {**change.set, **change.add}.items())]
    parts += [f"no {name}" for name in change.remove]
    reader = "the task" if direction == "request" else "the client"
    return Probe(setting=f"headers.{direction}", expected=f"{reader} gets {', '.join(parts)}", run=run)
