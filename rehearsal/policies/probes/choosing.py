"""Probes of which task gets a call: load balancing, health checks, outlier detection."""

import collections
from collections.abc import Iterator

from rehearsal.policies.probe import Probe, Seen, Subject
from rehearsal.policies.tasks import Attempt
from rehearsal.policies.world import Client, World

_CALLS = 120
_VALUES = 8


def probes(subject: Subject) -> Iterator[Probe]:
    """Yield a probe for each setting of these kinds that the file gives for a service."""
    if subject.found.method:
        return
    whole = subject.whole
    if subject.given("load_balancing", "type"):
        yield from _balancing(subject)
    if subject.given("load_balancing", "slow_start") and whole.load_balancing.slow_start:
        yield Probe(setting="load_balancing.slow_start", expected="the load of a minute is needed to see it")
    if subject.given("outlier_detection") and whole.outlier_detection.type == "gateway_failure":
        most = whole.outlier_detection.failures
        expected = f"a task that fails every call gets {most} of {_CALLS} calls"
        yield Probe(setting="outlier_detection", expected=expected, run=_outlier)
    if subject.given("health_check"):
        if whole.health_check.type == "grpc":
            expected = f"a task that is NOT_SERVING gets 0 of {_CALLS} calls"
            yield Probe(setting="health_check", expected=expected, run=_not_serving, prepare=_sick)
        elif whole.health_check.type != "none":
            yield Probe(setting="health_check", expected="only a frozen process fails it")


def _balancing(subject: Subject) -> Iterator[Probe]:
    balancing = subject.whole.load_balancing
    setting = f"load_balancing.type {balancing.type}"
    if balancing.type in ("ring_hash", "maglev") and balancing.hash_header:
        expected = f"calls with the same {balancing.hash_header}: the same task"
        yield Probe(setting=setting, expected=expected, run=_same_task)
    elif balancing.type == "least_request":
        expected = "a slow task of four gets less than half of a quarter of the calls"
        yield Probe(setting=setting, expected=expected, run=_least)
    elif balancing.type == "round_robin":
        yield Probe(setting=setting, expected="four tasks: a quarter of the calls each", run=_even)
    elif balancing.type == "random":
        yield Probe(setting=setting, expected="four tasks: each gets calls", run=_every)


def _shares(client: Client, subject: Subject, world: World) -> list[int]:
    counts = collections.Counter(begun.task for begun in client.begun() if begun.service == subject.service)
    return [counts[address] for address in world.places[subject.service]]


def _same_task(client: Client, subject: Subject, _world: World) -> Seen:
    name = subject.whole.load_balancing.hash_header or ""
    tasks = {
        value: {b.task for r in client.calls(10, subject.path, metadata=((name, value),)) for b in r.begun}
        for value in (f"value-{number}" for number in range(_VALUES))
    }
    moved = sum(len(found) != 1 for found in tasks.values())
    several = len({task for found in tasks.values() for task in found}) > 1
    text = f"{_VALUES - moved} of {_VALUES} values stay at their task"
    return Seen(text=text, good=not moved and several)


def _least(client: Client, subject: Subject, world: World) -> Seen:
    slow = world.places[subject.service][0]
    world.tasks.always[slow] = Attempt(pause=0.3)
    client.calls(_CALLS, subject.path, at_once=8)
    shares = _shares(client, subject, world)
    return Seen(text=f"{shares[0]} of {sum(shares)}", good=shares[0] < sum(shares) / 8)


def _even(client: Client, subject: Subject, world: World) -> Seen:
    client.calls(_CALLS, subject.path, at_once=1)
    shares = _shares(client, subject, world)
    return Seen(text=", ".join(map(str, shares)), good=max(shares) - min(shares) <= _CALLS // 10)


def _every(client: Client, subject: Subject, world: World) -> Seen:
    client.calls(_CALLS, subject.path)
    shares = _shares(client, subject, world)
    return Seen(text=", ".join(map(str, shares)), good=min(shares) > 0)


def _outlier(client: Client, subject: Subject, world: World) -> Seen:
    world.tasks.always[world.places[subject.service][0]] = Attempt(fails="UNAVAILABLE")
    client.calls(_CALLS, subject.path, at_once=1)
    shares = _shares(client, subject, world)
    return Seen(text=str(shares[0]), good=shares[0] == subject.whole.outlier_detection.failures)


def _sick(subject: Subject, world: World) -> None:
    name = subject.whole.health_check.service
    world.tasks.set_health(world.places[subject.service][0], [name], serving=False)


def _not_serving(client: Client, subject: Subject, world: World) -> Seen:
    client.calls(_CALLS, subject.path)
    shares = _shares(client, subject, world)
    return Seen(text=f"{shares[0]} of {sum(shares)}", good=shares[0] == 0 and sum(shares) >= _CALLS)
