"""A second attempt while the first one runs, at the real Envoy."""

from collections.abc import Generator
from typing import Any

import pytest

from tests.envoy_config.live_envoy.policy.scripted import Attempt, Scripted

WAITS = Attempt(waits=True)


@pytest.fixture(scope="module")
def tasks(tmp_path_factory: pytest.TempPathFactory) -> Generator[Scripted]:
    scripted = Scripted()
    policy: dict[str, Any] = {
        "hedging": {"after": "150ms", "attempts": 2},
        "methods": {
            "Read": {"idempotent": True},
            "Without": {"idempotent": True, "hedging": None},
            "Bounded": {"idempotent": True, "timeout": "1s"},
            "Watch": {"idempotent": True},
        },
    }
    folder = tmp_path_factory.mktemp("envoy")
    with scripted.running(folder, tasks=3, streaming=["Watch"], **policy):
        yield scripted


def test_a_slow_call_is_sent_to_another_task_whose_answer_wins(tasks: Scripted) -> None:
    seen = tasks.call("Read", WAITS, call_id="won")
    first, second = seen.begun
    assert first != second
    assert (seen.status, seen.answers) == ("OK", [second.encode()])
    assert tasks.ended["won"].acquire(timeout=300), "the first attempt is cancelled"


def test_the_first_answer_wins_also_if_it_comes_from_the_first_task(tasks: Scripted) -> None:
    seen = tasks.call("Read", Attempt(pause=1.5), WAITS, call_id="first")
    assert (seen.status, seen.answers) == ("OK", [seen.begun[0].encode()])
    assert len(seen.begun) == 2
    assert tasks.ended["first"].acquire(timeout=300)


@pytest.mark.parametrize(
    ("method", "why"),
    [
        pytest.param("Add", "it is not idempotent", id="not idempotent"),
        pytest.param("Without", "its policy turns hedging off", id="turned off"),
        pytest.param("Watch", "streams do not inherit it", id="stream"),
    ],
)
def test_a_slow_call_is_sent_once(method: str, why: str, tasks: Scripted) -> None:
    seen = tasks.call(method, Attempt(pause=1.5))
    assert (seen.status, len(seen.begun)) == ("OK", 1), why


def test_a_call_has_no_more_attempts_than_its_policy_says_and_ends_by_its_timeout(tasks: Scripted) -> None:
    seen = tasks.call("Bounded", WAITS, WAITS, WAITS)
    assert (seen.status, len(seen.begun)) == ("DEADLINE_EXCEEDED", 2)


def test_a_failure_is_an_answer_too_and_ends_the_call(tasks: Scripted) -> None:
    seen = tasks.call("Read", WAITS, Attempt(fails="NOT_FOUND"), call_id="failed")
    assert (seen.status, len(seen.begun)) == ("NOT_FOUND", 2)
    assert tasks.ended["failed"].acquire(timeout=300)
