"""The name by which a rehearsal's clients call each service through the proxy."""

from pathlib import Path

import yaml

from ecs_envoy.configuration import load_configuration
from rehearsal.configured import dialled_names
from tests.conftest import ROOT


def test_a_service_that_is_reached_only_by_its_names_is_dialled_by_its_own(tmp_path: Path) -> None:
    values = yaml.safe_load((ROOT / "config/existing.yaml").read_text())
    grading = values["existing_services"]["grading"]
    del grading["grpc_services"]
    grading["hosts"] = ["grading-internal.example.com"]
    path = tmp_path / "hosts.yaml"
    path.write_text(yaml.safe_dump(values))
    assert dialled_names(load_configuration(path)) == {
        "lessons": "grpc.stage.learning.local",
        "progress": "grpc.stage.learning.local",
        "grading-v2": "grading.grpc.stage.learning.local",
    }
