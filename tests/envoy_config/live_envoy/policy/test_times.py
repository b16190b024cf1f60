"""How long the real Envoy lets a call take, by its policy."""

from collections.abc import Generator

import pytest

from tests.envoy_config.live_envoy.policy.scripted import Attempt, Scripted, Seen

ENDED = "Envoy proxy grpc ended this call to the service lessons: "
NO_ANSWER = (
    f"{ENDED}no answer within the times of its policy (timeout, or retries.per_try_timeout in every attempt; "
)
SILENT = f"{ENDED}it was silent for the time of its policy (idle_timeout)"
LONG = f"{ENDED}it lasted as long as its policy allows (max_stream_duration)"


@pytest.fixture(scope="module")
def tasks(tmp_path_factory: pytest.TempPathFactory) -> Generator[Scripted]:
    scripted = Scripted()
    methods = {
        "Bounded": {"timeout": "1s"},
        "Tried": {"idempotent": True, "retries": {"per_try_timeout": "200ms", "attempts": 2}},
        "Quiet": {"idle_timeout": "1s"},
        "Long": {"max_stream_duration": "1s"},
        "Both": {"max_stream_duration": "10m", "timeout": "300ms"},
        "Hour": {"timeout": "1h", "max_stream_duration": "2h", "idle_timeout": "1h"},
    }
    with scripted.running(tmp_path_factory.mktemp("envoy"), methods=methods, streaming=["Long"]):
        yield scripted


@pytest.mark.parametrize(
    ("method", "message"),
    [
        pytest.param("Bounded", f"{NO_ANSWER}response_timeout)", id="timeout"),
        pytest.param("Tried", f"{NO_ANSWER}upstream_per_try_timeout)", id="per_try_timeout"),
        pytest.param("Quiet", SILENT, id="idle_timeout"),
        pytest.param("Long", LONG, id="max_stream_duration"),
        pytest.param("Both", f"{NO_ANSWER}response_timeout)", id="timeout below max_stream_duration"),
    ],
)
def test_a_call_without_an_answer_ends_with_deadline_exceeded_and_the_key(
    method: str, message: str, tasks: Scripted
) -> None:
    waiting = Attempt(waits=True)
    seen = tasks.call(method, waiting, waiting, call_id=method)
    # With max_stream_duration the task has the same deadline, and its own answer may come first.
    first = {message, "Deadline Exceeded"} if method == "Long" else {message}
    assert seen.status == "DEADLINE_EXCEEDED"
    assert seen.message in first
    assert tasks.ended[method].acquire(timeout=300), "the task learns that the call ended"


@pytest.mark.parametrize("method", ["Plain", "Hour"])
def test_a_call_is_answered_late_if_its_policy_has_longer_times_or_none(method: str, tasks: Scripted) -> None:
    assert tasks.call(method, Attempt(pause=1.5)).status == "OK"


@pytest.mark.parametrize("method", ["Bounded", "Quiet", "Long"])
def test_a_stream_that_has_begun_is_reset_and_its_client_reads_internal(method: str, tasks: Scripted) -> None:
    # Envoy has no means to end it with a status: its headers are sent.
    seen = tasks.call(method, Attempt(waits=True, headers_first=True))
    # With max_stream_duration the task has the same deadline, and may end the call first.
    assert seen.status in {"INTERNAL", *(["DEADLINE_EXCEEDED"] if method == "Long" else [])}
    assert seen.answers == [b"begun"]


def test_the_clients_deadline_holds_if_it_is_shorter(tasks: Scripted) -> None:
    seen: Seen = tasks.call("Hour", Attempt(waits=True), deadline=0.3)
    assert (seen.status, seen.message) == ("DEADLINE_EXCEEDED", "Deadline Exceeded")
