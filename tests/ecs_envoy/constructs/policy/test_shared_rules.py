"""The policy for all services in a file with several proxies: each key has to be for one service at least."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from ecs_envoy.configuration import load_configuration
from tests.ecs_envoy.configuration.test_configuration import problems
from tests.ecs_envoy.configuration.test_proxies_configuration import TWO

SEARCH, GRADE = "learning.v1.Lessons/Search", "learning.v1.Grading/Grade"
UNAVAILABLE = {"retries": {"on": ["unavailable"]}}
POLICIES = [
    pytest.param({"methods": {GRADE: {"timeout": "1s"}}}, None, id="a method of one proxy"),
    pytest.param(
        {**UNAVAILABLE, "methods": {GRADE: {"idempotent": True}}}, None, id="an idempotent one of one proxy"
    ),
    pytest.param(
        {"methods": {"learning.v1.Chat/Say": {"timeout": "1s"}}},
        ":21: policy.methods.learning.v1.Chat/Say: learning.v1.Chat is no proto service of any service; give a "
        "method of learning.v1.Grading, learning.v1.Lessons, or add it to grpc_services",
        id="a method of no proxy",
    ),
    pytest.param(
        {**UNAVAILABLE, "methods": {SEARCH: {"timeout": "1s"}}},
        ":24: policy.retries.on: repeats calls after an answer, and no method that it is for is idempotent; "
        "give idempotent: true to the methods whose calls may run twice, or remove it",
        id="an idempotent one of no proxy",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("policy", "message"), POLICIES)
def test_a_policy_for_all_services_has_to_be_for_one_of_any_proxy(
    policy: dict[str, Any], message: str | None, tmp_path: Path
) -> None:
    text = TWO + yaml.safe_dump({"policy": policy})
    if message:
        assert problems(tmp_path, text) == [message]
    else:
        (tmp_path / "good.yaml").write_text(text)
        load_configuration(tmp_path / "good.yaml")
