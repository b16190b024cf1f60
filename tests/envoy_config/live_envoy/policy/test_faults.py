"""Faults on purpose, at the real Envoy."""

from collections.abc import Generator

import pytest

from tests.envoy_config.live_envoy.policy.scripted import Attempt, Scripted
from tests.envoy_config.live_envoy.rig import Live

MESSAGE = "Envoy proxy grpc failed this call to the service lessons on purpose (fault.abort)"
HEADER = ("x-fault", "yes")


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Generator[tuple[Scripted, Live]]:
    scripted = Scripted()
    methods = {
        "Failed": {"fault": {"abort": "resource_exhausted"}},
        "Named": {"fault": {"abort": "aborted", "header": "x-fault"}},
        "Valued": {"fault": {"abort": "aborted", "header": {"name": "x-fault", "value": "yes"}}},
        "Late": {"fault": {"delay": "400ms"}, "timeout": "1h"},
        "Half": {"fault": {"abort": "unavailable", "percent": 50}},
    }
    with scripted.running(tmp_path_factory.mktemp("envoy"), methods=methods) as live:
        yield scripted, live


@pytest.mark.parametrize(
    ("method", "metadata", "status"),
    [
        pytest.param("Failed", [], "RESOURCE_EXHAUSTED", id="every call"),
        pytest.param("Named", [("x-fault", "any")], "ABORTED", id="with the header"),
        pytest.param("Valued", [HEADER], "ABORTED", id="with the value"),
    ],
)
def test_a_call_fails_on_purpose_and_says_so(
    method: str, metadata: list[tuple[str, str]], status: str, system: tuple[Scripted, Live]
) -> None:
    seen = system[0].call(method, metadata=metadata)
    assert (seen.status, seen.message, seen.begun) == (status, MESSAGE, [])


@pytest.mark.parametrize(
    ("method", "metadata"),
    [
        pytest.param("Plain", [HEADER], id="no fault"),
        pytest.param("Named", [], id="without the header"),
        pytest.param("Valued", [("x-fault", "no")], id="another value"),
    ],
)
def test_other_calls_are_answered(
    method: str, metadata: list[tuple[str, str]], system: tuple[Scripted, Live]
) -> None:
    assert system[0].call(method, metadata=metadata).status == "OK"


def test_a_delayed_call_reaches_its_task_late(system: tuple[Scripted, Live]) -> None:
    scripted, live = system
    assert scripted.call("Late").status == "OK"
    assert scripted.call("Plain", Attempt()).status == "OK"
    # Envoy counts it once it has waited.
    assert "delays_injected: 1\n" in live.admin("/stats?filter=fault.delays_injected")


def test_a_share_of_the_calls_fails(system: tuple[Scripted, Live]) -> None:
    found = {system[0].call("Half").status for _ in range(60)}
    assert found == {"OK", "UNAVAILABLE"}
