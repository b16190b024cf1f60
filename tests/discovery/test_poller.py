"""Which answers of Cloud Map the poller accepts, and when it asks.

A stub HTTP server gives the answers, because a test cannot control the emulator's answers and clock.
"""

import json
import os
import re
import time
from pathlib import Path

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from discovery.cloud_map.source import DENIED_SECONDS, FULL_SECONDS, SETTLE_SECONDS, CloudMapSource
from discovery.poller import Poller
from tests.discovery.polling import GRACE, ONE, TWO, Clock, polls
from tests.discovery.stub import Answer, Handler, Stub, always, error, hanging_up
from tests.waiting import until


def test_a_request_follows_the_api_reference(poller: Poller, stub: Stub) -> None:
    stub.lists("10.0.0.1")
    poller.poll()
    named = {"NamespaceName": "learning.local-1a2b", "ServiceName": "lessons"}
    assert stub.asked == [
        ("GetNamespace", {"Id": "ns-0123456789abcdef"}),
        ("DiscoverInstancesRevision", named),
        ("DiscoverInstances", {**named, "HealthStatus": "ALL", "MaxResults": 1000}),
    ]
    assert poller.endpoints == (ONE,)


def signature_of_what_came(handler: Handler) -> str:
    """Return the signature that AWS would compute for a request as it was received."""
    signed = re.findall(r"SignedHeaders=([^,]+)", handler.headers["Authorization"])[0].split(";")
    request = AWSRequest(
        method="POST",
        url=f"http://{handler.headers['Host']}/",
        data=json.dumps(handler.asked).encode(),
        headers={name: handler.headers[name] for name in signed},
    )
    request.context["timestamp"] = handler.headers["X-Amz-Date"]
    auth = SigV4Auth(Credentials("AKIDEXAMPLE", "secret"), "servicediscovery", "eu-west-1")
    return auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)


def test_a_request_has_the_right_signature(poller: Poller, stub: Stub) -> None:
    # This is the only check, because the emulator accepts any signature.
    seen: list[tuple[str, str]] = []

    def note(handler: Handler) -> None:
        seen.append((handler.headers["Authorization"], signature_of_what_came(handler)))
        always({"InstancesRevision": 1})(handler)

    stub.lists("10.0.0.1")
    stub.answers["DiscoverInstancesRevision"] = note
    poller.poll()
    ((authorization, signature),) = seen
    assert authorization.startswith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/")
    assert "/eu-west-1/servicediscovery/aws4_request" in authorization
    assert "SignedHeaders=content-type;host;x-amz-date;x-amz-target," in authorization
    assert authorization.endswith(f"Signature={signature}")


def test_the_list_is_requested_for_a_new_revision_and_else_rarely(
    poller: Poller, stub: Stub, clock: Clock
) -> None:
    stub.lists("10.0.0.1")
    seconds = int(FULL_SECONDS["ALL"])
    polls(poller, clock, seconds)
    assert (stub.count("DiscoverInstancesRevision"), stub.count("DiscoverInstances")) == (seconds, 1)
    polls(poller, clock, seconds)
    assert stub.count("DiscoverInstances") == 2


def by_health(poller: Poller) -> None:
    """Let Cloud Map's health decide which tasks are listed."""
    assert isinstance(poller.source, CloudMapSource)
    poller.source.health = "HEALTHY_OR_ELSE_ALL"


def test_where_cloud_maps_health_counts_the_list_is_requested_until_a_change_settles(
    poller: Poller, stub: Stub, clock: Clock
) -> None:
    by_health(poller)
    stub.lists("10.0.0.1")
    polls(poller, clock, int(SETTLE_SECONDS))
    # Until then the poller requests the list itself.
    assert (stub.count("DiscoverInstancesRevision"), stub.count("DiscoverInstances")) == (1, SETTLE_SECONDS)
    polls(poller, clock, 1)
    stub.asked.clear()
    polls(poller, clock, 50)
    assert stub.count("DiscoverInstancesRevision") == 50
    assert stub.count("DiscoverInstances") == 50 / FULL_SECONDS["HEALTHY_OR_ELSE_ALL"]
    wanted = "HEALTHY_OR_ELSE_ALL"
    assert all(asked.get("HealthStatus", wanted) == wanted for _, asked in stub.asked)


def test_a_new_revision_is_followed_by_the_list_in_the_same_poll(
    poller: Poller, stub: Stub, clock: Clock
) -> None:
    stub.lists("10.0.0.1")
    polls(poller, clock, int(SETTLE_SECONDS) + 2)
    stub.lists("10.0.0.1", "10.0.0.2", revision=2)
    poller.poll()
    assert poller.endpoints == (ONE, TWO)


def test_a_task_that_becomes_healthy_is_found_although_the_revision_stays_the_same(
    poller: Poller, stub: Stub, clock: Clock
) -> None:
    by_health(poller)
    stub.lists("10.0.0.1", revision=2)
    polls(poller, clock, 30)
    stub.lists("10.0.0.1", "10.0.0.2", revision=2)
    poller.poll()
    assert poller.endpoints == (ONE, TWO)


def test_one_answer_may_have_more_than_a_hundred_instances(poller: Poller, stub: Stub) -> None:
    addresses = [f"10.0.{number // 250}.{number % 250 + 1}" for number in range(1000)]

    def answer(handler: Handler) -> None:
        # Like Cloud Map: 100 instances if a request has no MaxResults, and no pages.
        most = handler.asked.get("MaxResults", 100)
        instances = [{"Attributes": {"AWS_INSTANCE_IPV4": address}} for address in addresses]
        always({"Instances": instances[:most]})(handler)

    stub.lists()
    stub.answers["DiscoverInstances"] = answer
    poller.poll()
    assert len(poller.endpoints or ()) == 1000


def test_an_empty_list_is_accepted_after_the_grace_period(poller: Poller, stub: Stub, clock: Clock) -> None:
    stub.lists("10.0.0.1")
    poller.poll()
    stub.lists(revision=2)
    polls(poller, clock, int(GRACE))
    assert poller.endpoints == (ONE,)
    polls(poller, clock, 1)
    assert poller.endpoints == ()


def test_an_empty_list_that_lasts_less_than_the_grace_period_is_ignored(
    poller: Poller, stub: Stub, clock: Clock
) -> None:
    stub.lists("10.0.0.1")
    poller.poll()
    stub.lists(revision=2)
    polls(poller, clock, int(GRACE) - 1)
    stub.lists("10.0.0.2", revision=3)
    polls(poller, clock, 1)
    stub.lists(revision=4)
    polls(poller, clock, int(GRACE) - 1)
    assert poller.endpoints == (TWO,)


def test_errors_do_not_count_towards_the_grace_period_of_an_empty_list(
    poller: Poller, stub: Stub, clock: Clock
) -> None:
    stub.lists("10.0.0.1")
    poller.poll()
    stub.lists(revision=2)
    polls(poller, clock, 1)
    stub.fails(error("InternalFailure", 500))
    polls(poller, clock, 3 * int(GRACE))
    assert poller.endpoints == (ONE,)


def test_a_first_answer_without_instances_is_accepted(poller: Poller, stub: Stub) -> None:
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
        assert poller.poll() is None
    assert poller.endpoints == (ONE,)
    assert 'last_success_age_seconds{service="lessons"} 0.0' in poller.metrics.text().decode()


def test_the_age_of_the_last_success_grows_until_the_next(poller: Poller, stub: Stub, clock: Clock) -> None:
    def age() -> str:
        lines = poller.metrics.text().decode().splitlines()
        return next(
            line for line in lines if line.startswith("ecs_envoy_discovery_last_success_age")
        ).split()[1]

    clock.now += 7
    assert age() == "7.0"  # this also holds for a source that never answered
    stub.lists("10.0.0.1")
    poller.poll()
    clock.now += 42
    stub.fails(error("InternalFailure", 500))
    poller.poll()
    assert age() == "42.0"


def test_proxies_in_environment_variables_are_not_used(
    poller: Poller, stub: Stub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    assert os.environ["http_proxy"]
    stub.lists("10.0.0.1")
    poller.poll()
    assert poller.endpoints == (ONE,)


@pytest.mark.parametrize(
    "denial",
    [
        pytest.param(error("AccessDeniedException"), id="a policy"),
        pytest.param(error("AccessDeniedException", 403), id="the policy of a VPC endpoint"),
    ],
)
def test_where_the_revision_is_denied_the_list_is_requested_every_time(
    poller: Poller, stub: Stub, clock: Clock, denial: Answer
) -> None:
    stub.lists("10.0.0.1")
    stub.answers["DiscoverInstancesRevision"] = denial
    polls(poller, clock, 10)
    assert poller.endpoints == (ONE,)
    stub.lists("10.0.0.1", "10.0.0.2", revision=2)
    stub.answers["DiscoverInstancesRevision"] = denial
    polls(poller, clock, 1)
    assert poller.endpoints == (ONE, TWO)
    assert (stub.count("DiscoverInstancesRevision"), stub.count("DiscoverInstances")) == (1, 11)
    stub.lists("10.0.0.1", revision=3)
    polls(poller, clock, int(DENIED_SECONDS) + 20)  # then it is allowed
    assert poller.endpoints == (ONE,)
    assert stub.count("DiscoverInstancesRevision") > 2


def test_a_denied_list_is_an_error_and_the_endpoints_stay(poller: Poller, stub: Stub, clock: Clock) -> None:
    stub.lists("10.0.0.1")
    poller.poll()
    stub.fails(error("AccessDeniedException"))
    clock.now += FULL_SECONDS["ALL"]
    assert (poller.poll() or 0) > 0
    assert poller.endpoints == (ONE,)


@pytest.mark.parametrize(
    "failure",
    [
        pytest.param(error("RequestLimitExceeded"), id="throttled"),
        pytest.param(error("AccessDeniedException"), id="denied"),
        pytest.param(always({"Namespace": {"Name": "learning.local"}}), id="without an HttpName"),
        pytest.param(hanging_up, id="down"),
    ],
)
def test_the_namespaces_name_is_asked_for_until_it_is_known_and_never_guessed(
    poller: Poller, stub: Stub, clock: Clock, failure: Answer
) -> None:
    stub.lists("10.0.0.1")
    named = stub.name
    stub.name = failure
    until_asked_again = [poller.poll() for _ in range(5)]
    assert all(until_asked_again)
    assert {name for name, _ in stub.asked} == {"GetNamespace"}
    assert not poller.answered
    stub.name = named

    def finds() -> bool:
        poller.poll()
        return poller.endpoints == (ONE,)

    until(finds)
    asked = stub.count("GetNamespace")
    polls(poller, clock, 100)
    assert stub.count("GetNamespace") == asked


def test_the_time_in_which_nobody_asks_is_no_part_of_the_age(
    poller: Poller, stub: Stub, clock: Clock
) -> None:
    stub.lists("10.0.0.1")
    poller.poll()
    poller.metrics.waits("lessons", 30.0)
    for seconds, age in ((30, "0.0"), (12, "12.0")):
        clock.now += seconds
        assert f'last_success_age_seconds{{service="lessons"}} {age}' in poller.metrics.text().decode()
