"""The endpoints stay if Cloud Map gives no usable answer.

A stub HTTP server causes the faults, because the emulator cannot.
"""

import pytest

from discovery.aws import api
from discovery.cloud_map.source import SETTLE_SECONDS
from discovery.poller import Poller
from tests.discovery.polling import GRACE, ONE, TWO, Clock, polls
from tests.discovery.stub import Answer, Stub, always, dripping, error, hanging_up, raw, silent

FAULTS: list[tuple[str, Answer, str]] = [
    ("unavailable", error("ServiceUnavailable", 503), "refused"),
    ("internal error", error("InternalFailure", 500), "refused"),
    ("no such service", error("ServiceNotFound"), "refused"),
    ("access denied", error("AccessDeniedException"), "refused"),
    ("request limit", error("RequestLimitExceeded"), "throttled"),
    ("throttled", error("ThrottlingException"), "throttled"),
    ("too many requests", raw(b"slow down", 429), "throttled"),
    ("hangs up", hanging_up, "unreachable"),
    ("not JSON", raw(b"<html>It works!</html>"), "malformed"),
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
def test_the_last_endpoints_stay_whatever_the_api_answers_until_it_recovers(
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


def test_a_list_whose_revision_is_not_a_number_is_ignored(poller: Poller, stub: Stub, clock: Clock) -> None:
    stub.lists("10.0.0.1")
    poller.poll()
    stub.answers["DiscoverInstances"] = always({"Instances": [], "InstancesRevision": "9"})
    polls(poller, clock, 3 * int(GRACE))
    assert poller.endpoints == (ONE,)


def test_a_list_without_a_revision_is_accepted(poller: Poller, stub: Stub, clock: Clock) -> None:
    stub.lists("10.0.0.1")
    stub.answers["DiscoverInstances"] = always(
        {"Instances": [{"Attributes": {"AWS_INSTANCE_IPV4": "10.0.0.2"}}]}
    )
    polls(poller, clock, int(SETTLE_SECONDS) + 1)
    assert poller.endpoints == (TWO,)


@pytest.mark.parametrize("answer", [silent, dripping], ids=["never answers", "drips"])
def test_a_slow_api_counts_as_unreachable(
    poller: Poller, stub: Stub, answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "PACKET_SECONDS", 0.2)
    monkeypatch.setattr(api, "CALL_SECONDS", 0.5)
    stub.lists("10.0.0.1")
    poller.poll()
    stub.fails(answer)
    poller.poll()
    assert poller.endpoints == (ONE,)
    assert 'kind="unreachable",service="lessons"} 1.0' in poller.metrics.text().decode()


def test_reading_stops_at_an_endless_answer(poller: Poller, stub: Stub) -> None:
    stub.lists("10.0.0.1")
    stub.answers["DiscoverInstances"] = raw(b" " * (5 * 1024 * 1024))
    poller.poll()
    assert poller.endpoints is None
    assert 'kind="unreachable",service="lessons"} 1.0' in poller.metrics.text().decode()


def test_the_last_endpoints_stay_if_the_api_is_gone(poller: Poller, stub: Stub) -> None:
    stub.lists("10.0.0.1")
    poller.poll()
    poller.source.close()
    stub.close()
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


def test_waits_are_random_and_grow_with_failures_and_more_if_the_api_throttles(
    poller: Poller, stub: Stub
) -> None:
    stub.fails(error("InternalFailure", 500))
    failing = [poller.poll() or 0.0 for _ in range(12)]
    assert all(0.5 <= wait <= 5 for wait in failing)
    assert max(failing[:1]) < max(failing[4:])
    stub.fails(error("ThrottlingException"))
    throttled = [poller.poll() or 0.0 for _ in range(12)]
    assert all(15 <= wait <= 30 for wait in throttled)
    assert len(set(failing[4:])) == len(failing[4:])
    stub.lists("10.0.0.1")
    assert poller.poll() is None
    assert 'throttles_total{service="lessons"} 12.0' in poller.metrics.text().decode()
