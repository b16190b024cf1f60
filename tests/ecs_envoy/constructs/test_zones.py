"""Zones of a new VPC: Fargate is not in every zone, and a letter does not say which zone it is."""

import re
from pathlib import Path

import pytest
from aws_cdk import App, Environment, Stack

from ecs_envoy import Network
from tests.ecs_envoy.configuration.test_configuration import GOOD, problems


@pytest.mark.parametrize(
    ("zones", "message"),
    [
        pytest.param(
            [], "missing, and Fargate is not in every zone of ap-northeast-1; give two or more of", id="none"
        ),
        pytest.param(
            ["ap-northeast-1a", "ap-northeast-1c"],
            "'ap-northeast-1a' may be a zone without Fargate; give ids of zones: apne1-az1",
            id="names",
        ),
        pytest.param(
            ["apne1-az3", "apne1-az1"],
            "Fargate is not in apne1-az3; give zones of apne1-az1, apne1-az2, apne1-az4",
            id="a zone without Fargate",
        ),
        pytest.param(
            ["apne2-az1", "apne1-az1"],
            "'apne2-az1' is not in ap-northeast-1; give a zone of that region, such as apne1-az1",
            id="a zone of another region",
        ),
    ],
)
def test_fails_for_a_new_vpc_that_may_be_where_fargate_is_not(
    zones: list[str], message: str, tmp_path: Path
) -> None:
    text = GOOD.replace("eu-west-1", "ap-northeast-1")
    assert message in problems(tmp_path, text + f"network: {{new: {{availability_zones: {zones}}}}}\n")[0]
    stack = Stack(App(), "test", env=Environment(account="111122223333", region="ap-northeast-1"))
    with pytest.raises(ValueError, match=re.escape(message)):
        Network(stack, "Network", namespace_name="test.local", availability_zones=zones)
