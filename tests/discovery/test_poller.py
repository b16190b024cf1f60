"""What is believed of Cloud Map's answers, and what stays when it gives none.

A stub HTTP server gives the answers: the emulator can neither fail nor be slow, and lists what it has.
"""

import os
import random
import time
from collections.abc import Generator
from pathlib import Path

import pytest

from discovery.cloud_map import CloudMap
from discovery.endpoints import Endpoint
from discovery.metrics import Metrics
from discovery.pace import Pace
from discovery.poller import FULL_SECONDS, SETTLE_SECONDS, Poller
from tests.discovery.stub import (
    Answer,
    Handler,
    Stub,
    always,
    dripping,
    error,
    hanging_up,
    raw,
    silent,
)

ONE, TWO = Endpoint("", "10.0.0.1", 50051), Endpoint("", "10.0.0.2", 50051)
GRACE = 10.0


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def stub() -> Generator[Stub]:
    server = Stub(f"127.{random.randint(16, 250)}.{random.randint(0, 255)}.1")
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def poller(stub: Stub, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Generator[Poller]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    poller = Poller(
        cloud_map=CloudMap(endpoint=stub.url, region="eu-west-1", namespace="learning.local"),
        name="lessons",
        service="lessons",
        port=50051,
        pace=Pace(1.0, clock),
        empty_grace=GRACE,
        metrics=Metrics(("lessons",), clock),
    )
    yield poller
    poller.cloud_map.close()


def polls(poller: Poller, clock: Clock, seconds: int) -> None:
    """Poll once a second of `clock` for `seconds`."""
    for _ in range(seconds):
        poller.poll()
        clock.now += 1


def test_a_request_is_what_the_api_reference_says(poller: Poller, stub: Stub) -> None:
    stub.lists("10.0.0.1")
    poller.poll()
    assert stub.asked == [
        ("DiscoverInstancesRevision", {"NamespaceName": "learning.local", "ServiceName": "lessons"}),
        (
            "DiscoverInstances",
            {
                "NamespaceName": "learning.local",
                "ServiceName": "lessons",
                "HealthStatus": "HEALTHY_OR_ELSE_ALL",
                "MaxResults": 1000,
            },
        ),
    ]
    assert poller.endpoints == (ONE,)


def test_a_request_is_signed_with_the_tasks_credentials(poller: Poller, stub: Stub) -> None:
    seen: list[str] = []

    def note(handler: Handler) -> None:
        seen.append(handler.headers["Authorization"])
        always({"InstancesRevision": 1})(handler)

    stub.lists("10.0.0.1")
    stub.answers["DiscoverInstancesRevision"] = note
    poller.poll()
    assert seen[0].startswith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/")
    assert "/eu-west-1/servicediscovery/aws4_request" in seen[0]


def test_while_the_revision_stays_the_list_is_asked_for_seldom_once_a_change_has_settled(
    poller: Poller, stub: Stub, clock: Clock
) -> None:
    stub.lists("10.0.0.1")
    polls(poller, clock, int(SETTLE_SECONDS))
    # Until then the list itself says whether it has changed.
    assert (stub.count("DiscoverInstancesRevision"), stub.count("DiscoverInstances")) == (1, SETTLE_SECONDS)
    polls(poller, clock, 1)
    stub.asked.clear()
    polls(poller, clock, 50)
    assert stub.count("DiscoverInstancesRevision") == 50
    assert stub.count("DiscoverInstances") == 50 / FULL_SECONDS


def test_a_new_revision_is_followed_by_the_list_in_the_same_poll(
    poller: Poller, stub: Stub, clock: Clock
) -> None:
    stub.lists("10.0.0.1")
    polls(poller, clock, int(SETTLE_SECONDS) + 2)
    stub.lists("10.0.0.1", "10.0.0.2", revision=2)
    poller.poll()
    assert poller.endpoints == (ONE, TWO)


def test_a_task_that_becomes_healthy_changes_no_revision_and_is_found_all_the_same(
    poller: Poller, stub: Stub, clock: Clock
) -> None:
    stub.lists("10.0.0.1", revision=2)
    polls(poller, clock, 30)
    stub.lists("10.0.0.1", "10.0.0.2", revision=2)
    poller.poll()
    assert poller.endpoints == (ONE, TWO)


def test_more_than_a_hundred_instances_come_in_one_answer(poller: Poller, stub: Stub) -> None:
    addresses = [f"10.0.{number // 250}.{number % 250 + 1}" for number in range(1000)]

    def answer(handler: Handler) -> None:
        # As Cloud Map does it: 100 where a request names no MaxResults; there are no pages.
        most = handler.asked.get("MaxResults", 100)
        instances = [{"Attributes": {"AWS_INSTANCE_IPV4": address}} for address in addresses]
        always({"Instances": instances[:most]})(handler)

    stub.lists()
    stub.answers["DiscoverInstances"] = answer
    poller.poll()
    assert len(poller.endpoints or ()) == 1000


FAULTS: list[tuple[str, Answer, str]] = [
    ("unavailable", error("ServiceUnavailable", 503), "refused"),
    ("internal error", error("InternalFailure", 500), "refused"),
    ("no such service", error("ServiceNotFound"), "refused"),
    ("access denied", error("AccessDeniedException"), "refused"),
    ("request limit", error("RequestLimitExceeded"), "throttled"),
    ("throttled", error("ThrottlingException"), "throttled"),
    ("too many requests", raw(b"slow down", 429), "throttled"),
    ("hangs up", hanging_up, "unreachable"),
    ("no JSON", raw(b"<html>It works!</html>"), "malformed"),
    ("JSON, but a list", raw(b"[]"), "malformed"),
    ("cut off", raw(b'{"Instances": [{"Attri'), "malformed"),
    ("nothing at all", raw(b""), "malformed"),
    ("no list of instances", always({"InstancesRevision": 9, "Instances": "none"}), "malformed"),
    ("instances that are texts", always({"InstancesRevision": 9, "Instances": ["a"]}), "malformed"),
    (
        "no instance with an address",
        always({"InstancesRevision": 9, "Instances": [{"Attributes": {"AWS_ALIAS_DNS_NAME": "x"}}]}),
        "malformed",
    ),
    ("a revision that is a text", always({"InstancesRevision": "9", "Instances": []}), "malformed"),
    ("no revision", always({"Instances": []}), "malformed"),
]


@pytest.mark.parametrize(
    ("answer", "kind"), [pytest.param(answer, kind, id=name) for name, answer, kind in FAULTS]
)
def test_the_last_endpoints_stay_whatever_the_api_answers_and_it_recovers(
    poller: Poller, stub: Stub, clock: Clock, answer: Answer, kind: str
) -> None:
    stub.lists("10.0.0.1")
    poller.poll()
    clock.now += SETTLE_SECONDS  # from now on the revision is asked for first
    stub.fails(answer)
    polls(poller, clock, 3 * int(GRACE))
    assert poller.endpoints == (ONE,)
    errors = f'ecs_envoy_discovery_errors_total{{kind="{kind}",service="lessons"}}'
    assert f"{errors} {3 * GRACE}" in poller.metrics.text().decode()
    stub.lists("10.0.0.2", revision=10)
    poller.poll()
    assert poller.endpoints == (TWO,)


def test_a_list_whose_revision_is_no_number_is_not_believed(poller: Poller, stub: Stub, clock: Clock) -> None:
    stub.lists("10.0.0.1")
    poller.poll()
    stub.answers["DiscoverInstances"] = always({"Instances": [], "InstancesRevision": "9"})
    polls(poller, clock, 3 * int(GRACE))
    assert poller.endpoints == (ONE,)


def test_a_list_without_a_revision_is_believed(poller: Poller, stub: Stub, clock: Clock) -> None:
    stub.lists("10.0.0.1")
    stub.answers["DiscoverInstances"] = always(
        {"Instances": [{"Attributes": {"AWS_INSTANCE_IPV4": "10.0.0.2"}}]}
    )
    polls(poller, clock, int(SETTLE_SECONDS) + 1)
    assert poller.endpoints == (TWO,)


@pytest.mark.parametrize("answer", [silent, dripping], ids=["never answers", "drips"])
def test_a_slow_api_is_one_that_does_not_answer(poller: Poller, stub: Stub, answer: Answer) -> None:
    stub.lists("10.0.0.1")
    poller.poll()
    stub.fails(answer)
    poller.poll()
    assert poller.endpoints == (ONE,)
    assert 'kind="unreachable",service="lessons"} 1.0' in poller.metrics.text().decode()


def test_an_endless_answer_is_given_up(poller: Poller, stub: Stub) -> None:
    stub.lists("10.0.0.1")
    stub.answers["DiscoverInstances"] = raw(b" " * (5 * 1024 * 1024))
    poller.poll()
    assert poller.endpoints is None
    assert 'kind="unreachable",service="lessons"} 1.0' in poller.metrics.text().decode()


def test_an_api_that_is_not_there_leaves_the_last_endpoints(poller: Poller, stub: Stub) -> None:
    stub.lists("10.0.0.1")
    poller.poll()
    poller.cloud_map.close()
    stub.shutdown()
    stub.server_close()
    poller.poll()
    assert poller.endpoints == (ONE,)


def test_without_a_role_there_are_no_credentials_and_no_call(
    stub: Stub, poller: Poller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    stub.lists("10.0.0.1")
    poller.poll()
    assert stub.asked == []
    assert 'kind="credentials",service="lessons"} 1.0' in poller.metrics.text().decode()


def test_waits_grow_with_failures_differ_by_chance_and_grow_further_where_the_api_is_throttled(
    poller: Poller, stub: Stub
) -> None:
    stub.fails(error("InternalFailure", 500))
    failing = [poller.poll() for _ in range(12)]
    assert all(0.5 <= wait <= 5 for wait in failing)
    assert max(failing[:1]) < max(failing[4:])
    stub.fails(error("ThrottlingException"))
    throttled = [poller.poll() for _ in range(12)]
    assert all(15 <= wait <= 30 for wait in throttled)
    assert len(set(failing[4:])) == len(failing[4:])
    stub.lists("10.0.0.1")
    assert poller.poll() <= 1.2
    assert 'throttles_total{service="lessons"} 12.0' in poller.metrics.text().decode()


def test_an_empty_list_is_believed_once_it_has_held_for_the_grace_period(
    poller: Poller, stub: Stub, clock: Clock
) -> None:
    stub.lists("10.0.0.1")
    poller.poll()
    stub.lists(revision=2)
    polls(poller, clock, int(GRACE))
    assert poller.endpoints == (ONE,)
    polls(poller, clock, 1)
    assert poller.endpoints == ()


def test_an_empty_list_that_does_not_hold_was_never_there(poller: Poller, stub: Stub, clock: Clock) -> None:
    stub.lists("10.0.0.1")
    poller.poll()
    stub.lists(revision=2)
    polls(poller, clock, int(GRACE) - 1)
    stub.lists("10.0.0.2", revision=3)
    polls(poller, clock, 1)
    stub.lists(revision=4)
    polls(poller, clock, int(GRACE) - 1)
    assert poller.endpoints == (TWO,)


def test_errors_are_no_part_of_an_empty_lists_grace(poller: Poller, stub: Stub, clock: Clock) -> None:
    stub.lists("10.0.0.1")
    poller.poll()
    stub.lists(revision=2)
    polls(poller, clock, 1)
    stub.fails(error("InternalFailure", 500))
    polls(poller, clock, 3 * int(GRACE))
    assert poller.endpoints == (ONE,)


def test_a_first_answer_without_instances_is_an_answer(poller: Poller, stub: Stub) -> None:
    stub.lists()
    poller.poll()
    assert poller.answered
    assert poller.endpoints == ()


def test_a_jump_of_the_wall_clock_changes_nothing(
    poller: Poller, stub: Stub, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub.lists("10.0.0.1")
    poller.poll()
    real = time.time
    for jump in (365 * 86400, -365 * 86400):
        monkeypatch.setattr(time, "time", lambda jump=jump: real() + jump)
        clock.now += 1
        assert 0 < poller.poll() <= 1.2
    assert poller.endpoints == (ONE,)
    assert 'last_success_age_seconds{service="lessons"} 0.0' in poller.metrics.text().decode()


def test_the_age_of_the_last_success_grows_until_the_next(poller: Poller, stub: Stub, clock: Clock) -> None:
    def age() -> str:
        lines = poller.metrics.text().decode().splitlines()
        return next(
            line for line in lines if line.startswith("ecs_envoy_discovery_last_success_age")
        ).split()[1]

    clock.now += 7
    assert age() == "7.0"  # of a source that never answered, too
    stub.lists("10.0.0.1")
    poller.poll()
    clock.now += 42
    stub.fails(error("InternalFailure", 500))
    poller.poll()
    assert age() == "42.0"


def test_two_sidecars_do_not_poll_in_step(clock: Clock) -> None:
    one, other = Pace(1.0, clock), Pace(1.0, clock)
    waits: list[tuple[float, float]] = []
    for _ in range(20):
        waits.append((one.until_next(), other.until_next()))
        clock.now += 1
    assert all(0.8 <= wait <= 1.2 for pair in waits for wait in pair)
    assert sum(left != right for left, right in waits) >= 19


def test_no_proxy_of_the_environment_is_asked(
    poller: Poller, stub: Stub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    assert os.environ["http_proxy"]
    stub.lists("10.0.0.1")
    poller.poll()
    assert poller.endpoints == (ONE,)
