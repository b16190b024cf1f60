"""Which calls the real Envoy repeats, by their policy."""

from collections.abc import Generator
from concurrent import futures
from pathlib import Path
from typing import Any

import pytest

from envoy_config.http2 import REQUEST_BUFFER_BYTES
from tests.envoy_config.live_envoy.policy.scripted import Attempt, Scripted
from tests.waiting import until

NAMED = ["cancelled", "deadline_exceeded", "internal", "resource_exhausted", "unavailable"]
OTHERS = ["unknown", "aborted", "not_found", "data_loss"]


@pytest.fixture(scope="module")
def tasks(tmp_path_factory: pytest.TempPathFactory) -> Generator[Scripted]:
    scripted = Scripted()
    policy: dict[str, Any] = {
        "retries": {"on": [*NAMED, "aborted"], "attempts": 3, "back_off": {"base": "5ms", "max": "10ms"}},
        "methods": {
            "Named": {"idempotent": True},
            "Others": {"idempotent": True, "retries": {"on": OTHERS}},
            "Slow": {"idempotent": True, "retries": {"on": [], "per_try_timeout": "1s", "attempts": 6}},
            "Same": {"idempotent": True, "retries": {"other_task": False}},
            "Bounded": {"idempotent": True, "timeout": "1s"},
            "Watch": {"idempotent": True},
            "None": {"idempotent": True, "retries": {"on": []}},
        },
    }
    folder = tmp_path_factory.mktemp("envoy")
    with scripted.running(folder, tasks=3, streaming=["Watch"], **policy):
        yield scripted


def fails(status: str, **more: object) -> Attempt:
    return Attempt(fails=status.upper(), **more)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("method", "status"),
    [*(("Named", name) for name in NAMED), *(("Others", name) for name in OTHERS)],
)
def test_a_call_of_an_idempotent_method_is_repeated_on_other_tasks_after_a_status_of_its_policy(
    method: str, status: str, tasks: Scripted
) -> None:
    seen = tasks.call(method, fails(status), fails(status))
    assert (seen.status, len(seen.begun), len(set(seen.begun))) == ("OK", 3, 3)


@pytest.mark.parametrize(
    ("method", "status", "why"),
    [
        pytest.param("Add", "unavailable", "it is not idempotent", id="not idempotent"),
        pytest.param("Add", "aborted", "it is not idempotent", id="not idempotent, by header"),
        pytest.param("None", "unavailable", "its policy names no status", id="no status"),
        pytest.param("Named", "not_found", "its policy names others", id="other status"),
        pytest.param("Others", "unavailable", "its policy names others", id="other status by header"),
        pytest.param("Watch", "unavailable", "streams do not inherit it", id="stream"),
    ],
)
def test_a_call_is_not_repeated(method: str, status: str, why: str, tasks: Scripted) -> None:
    seen = tasks.call(method, fails(status))
    assert (seen.status, len(seen.begun)) == (status.upper(), 1), why


def test_a_call_is_attempted_as_often_as_its_policy_says(tasks: Scripted) -> None:
    seen = tasks.call("Named", *[fails("unavailable")] * 5)
    assert (seen.status, seen.message, len(seen.begun)) == ("UNAVAILABLE", "as asked", 3)


def test_a_status_after_the_headers_of_an_answer_is_not_seen(tasks: Scripted) -> None:
    seen = tasks.call("Named", fails("unavailable", headers_first=True))
    assert (seen.status, len(seen.begun)) == ("UNAVAILABLE", 1)


def test_an_attempt_that_takes_too_long_is_ended_and_repeated(tasks: Scripted) -> None:
    seen = tasks.call("Slow", Attempt(waits=True), call_id="slow")
    assert seen.status == "OK"
    assert len(set(seen.begun)) > 1
    assert tasks.ended["slow"].acquire(timeout=300)
    assert len(tasks.call("None", Attempt(pause=1.5)).begun) == 1


@pytest.mark.parametrize(("method", "number"), [("Same", 1), ("Named", 2)])
def test_a_retry_goes_to_the_same_task_only_if_its_policy_lets_it(
    method: str, number: int, tasks: Scripted
) -> None:
    name = f"in turn {method}"
    answer = fails("unavailable", trailers=(("grpc-retry-pushback-ms", "1000"),))
    with futures.ThreadPoolExecutor(1) as pool:
        calling = pool.submit(tasks.call, method, answer, call_id=name)
        until(lambda: tasks.begun(name))
        # The three tasks get calls in turn: after two more calls, it is the turn of the first one.
        others = {tasks.call("None").begun[0] for _ in range(2)}
        seen = calling.result()
    assert len({*others, seen.begun[0]}) == 3
    assert (seen.status, len(seen.begun), len(set(seen.begun))) == ("OK", 2, number)


def test_a_request_that_is_larger_than_envoy_keeps_is_not_repeated_after_a_status(tasks: Scripted) -> None:
    seen = tasks.call("Named", fails("unavailable"), size=REQUEST_BUFFER_BYTES - 10_000)
    assert (seen.status, len(seen.begun)) == ("OK", 2)
    seen = tasks.call("Named", fails("unavailable"), size=REQUEST_BUFFER_BYTES + 10_000)
    assert (seen.status, seen.message, len(seen.begun)) == ("UNAVAILABLE", "as asked", 1)


@pytest.mark.parametrize(
    ("push_back", "status", "attempts"),
    [
        pytest.param("10", "OK", 2, id="a time"),
        pytest.param("0", "OK", 2, id="at once"),
        pytest.param("-1", "UNAVAILABLE", 1, id="do not retry"),
        pytest.param("soon", "UNAVAILABLE", 1, id="no number"),
        pytest.param("1500.5", "UNAVAILABLE", 1, id="no whole number"),
    ],
)
def test_push_back_of_a_server_is_heeded(push_back: str, status: str, attempts: int, tasks: Scripted) -> None:
    answer = fails("unavailable", trailers=(("grpc-retry-pushback-ms", push_back),))
    seen = tasks.call("Named", answer)
    assert (seen.status, len(seen.begun)) == (status, attempts)


def test_no_attempt_begins_after_the_deadline(tasks: Scripted) -> None:
    # The wait that the server asks for is longer than the client's deadline, and than the policy's timeout.
    answer = fails("unavailable", trailers=(("grpc-retry-pushback-ms", "2000"),))
    with futures.ThreadPoolExecutor(2) as pool:
        client = pool.submit(tasks.call, "Named", answer, deadline=1, call_id="client")
        policy = pool.submit(tasks.call, "Bounded", answer, call_id="policy")
    for name, seen in (("client", client.result()), ("policy", policy.result())):
        assert (seen.status, len(seen.begun)) == ("DEADLINE_EXCEEDED", 1), name
    # Envoy waits up to half as long again, so this call ends later than a retry would have begun.
    assert tasks.call("None", Attempt(pause=2.5)).status == "OK"
    assert [len(tasks.begun(name)) for name in ("client", "policy")] == [1, 1]


@pytest.mark.parametrize(
    ("budget", "statuses"),
    [
        pytest.param(None, {"OK"}, id="none"),
        pytest.param({"percent": 0.0001, "min_retries": 1}, {"OK", "UNAVAILABLE"}, id="one at once"),
    ],
)
def test_a_budget_bounds_the_retries_at_once(
    budget: dict[str, float] | None, statuses: set[str], tmp_path: Path
) -> None:
    scripted = Scripted()
    answer = fails("unavailable", trailers=(("grpc-retry-pushback-ms", "1000"),))
    retries = {"on": ["unavailable"], "budget": budget}
    with scripted.running(tmp_path, idempotent=True, retries=retries), futures.ThreadPoolExecutor(8) as pool:
        calls = [pool.submit(scripted.call, "Get", answer, call_id=f"{number}") for number in range(8)]
        found = {call.result().status for call in calls}
    assert found == statuses
