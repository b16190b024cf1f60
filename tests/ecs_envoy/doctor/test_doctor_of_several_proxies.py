"""`ecs-envoy doctor` of a file with several proxies: it looks at the stacks of one of them."""

from pathlib import Path
from typing import Any

import pytest

from ecs_envoy.configuration import load_configuration
from ecs_envoy.configuration.proxies.views import the_view
from ecs_envoy.doctor.checkup import examine
from tests.deployed import LESSONS, CloudFormation, synthesized
from tests.ecs_envoy.doctor.test_doctor import credentials as credentials
from tests.emulator import Emulator
from tests.emulator import emulator as emulator

pytestmark = pytest.mark.synth

BLOCKS: dict[str, Any] = {
    "network": {"vpc_id": "vpc-0123456789abcdef0"},
    "services": {
        "lessons": LESSONS,
        "reports": {**LESSONS, "image": "example.com/reports:1", "grpc_services": ["b.v1.B"], "stack": 2},
    },
    "proxies": {"online": {"services": ["lessons"]}, "batch": {"services": ["reports"]}},
    "telemetry": {"cloudwatch": {}},
}


@pytest.fixture(scope="module")
def config(emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with two proxies, of which only one is deployed."""
    folder = tmp_path_factory.mktemp("several") / "doctor"
    templates = synthesized(folder, name="several", **BLOCKS)
    CloudFormation(emulator).create(
        templates,
        "several-network",
        "several-services",
        "several-services-2",
        "several-batch",
        "several-batch-monitoring",
        "several-batch-monitoring-2",
    )
    return folder / "config.yaml"


@pytest.mark.parametrize(
    ("proxy", "missing", "number"),
    [
        pytest.param("batch", [], 6, id="deployed"),
        pytest.param("online", ["several-online", "several-online-monitoring"], 5, id="not deployed"),
    ],
)
def test_the_stacks_of_the_proxy_that_is_named_are_looked_at(
    proxy: str, missing: list[str], number: int, config: Path
) -> None:
    view = the_view(load_configuration(config), proxy)
    results = [result for check, result in examine(view, None) if check.title == "Are the stacks deployed?"]
    assert [result.subject for result in results if result.status == "problem"] == missing
    assert len(results) == number


def test_the_deployed_bootstrap_is_compared_with_that_of_the_proxy_that_is_named(config: Path) -> None:
    view = the_view(load_configuration(config), "batch")
    (result,) = [
        result
        for check, result in examine(view, None)
        if check.title == "Does Envoy have this configuration?"
    ]
    assert result.status == "ok"
