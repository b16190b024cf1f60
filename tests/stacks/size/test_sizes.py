"""The estimate of `ecs-envoy validate` is never below what a template has, and not far above."""

from copy import deepcopy  # YAML would write an alias of what is there twice, which a file may not have
from pathlib import Path
from typing import Any

import pytest

from ecs_envoy import excesses
from ecs_envoy.configuration import load_configuration
from ecs_envoy.configuration.stacks.sizes import stack_sizes
from tests.conftest import read_templates
from tests.deployed import LESSONS, synthesized

RICH: dict[str, Any] = {
    **LESSONS,
    "discovery": "cloud_map",
    "tasks": {"min": 2, "max": 4, "memory_percent": 70, "calls_per_second": 20},
    "enable_execute_command": True,
}


def services(number: int, name: str = "s") -> dict[str, Any]:
    return {
        f"{name}{index}": {**deepcopy(RICH), "grpc_services": [f"a.v1.S{index}"], "calls": [f"{name}0"]}
        for index in range(number)
    }


@pytest.mark.parametrize(
    ("number", "stacks", "name", "more"),
    [
        pytest.param(1, 2, "s", {}, id="one service"),
        pytest.param(12, 2, "s", {}, id="twelve"),
        pytest.param(3, 1, "s", {"tags": {"team": "platform", "cost-centre": "4711"}}, id="one stack, tags"),
        pytest.param(
            3,
            1,
            "courses-and-grading-of-the-whole-company-" + "x" * 20,
            {"namespace": {"name": "grpc.services.of-the-company.internal"}},
            id="long names",
        ),
    ],
)
def test_the_estimate_of_each_stack_is_an_upper_one(
    number: int, stacks: int, name: str, more: dict[str, Any], tmp_path: Path
) -> None:
    telemetry: dict[str, Any] = {"cloudwatch": {}, "tracing": {}}
    templates = synthesized(
        tmp_path / "app",
        name="full",
        service_stacks=stacks,
        services=services(number, name),
        telemetry=telemetry,
        proxy={"aliases": ["old"], "further_ports": [443 + 50000], "tasks": {"min": 2, "max": 4}},
        **more,
    )
    for size in stack_sizes(load_configuration(tmp_path / "app/config.yaml")):
        real = len(templates[size.name].get("Resources", {}))
        assert real <= size.resources <= real + 12
        if size.template_bytes:
            written = (tmp_path / f"app/out/{size.name}.template.json").stat().st_size
            assert written <= size.template_bytes <= 1.1 * written + 15_000
    assert not excesses(tmp_path / "app/out")


def test_the_templates_of_the_examples_are_within_all_limits(assembly: Path) -> None:
    assert read_templates(assembly)
    assert not excesses(assembly)
