"""A call that is not idempotent is begun once at most, whatever happens to the tasks."""

from pathlib import Path

import pytest

from tests.envoy_config.live_envoy.policy.killed import ADD, GET, SEARCH, history


@pytest.mark.parametrize("seed", [1])
def test_no_call_of_a_method_that_is_not_idempotent_is_begun_twice_while_tasks_are_killed(
    seed: int, tmp_path: Path
) -> None:
    found = history(tmp_path, calls=1000, seed=seed)
    assert found.kills
    assert not found.more_than_once(ADD)
    # The others are repeated, and hedged: so the test would see it.
    assert found.more_than_once(GET)
    assert found.more_than_once(SEARCH)
    assert {status for method, status in found.statuses if method == ADD} <= {"OK", "UNAVAILABLE"}
