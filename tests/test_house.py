import ast
from pathlib import Path

import pytest

from tests.conftest import ROOT

SOURCES = {
    "envoy/discovery": {"aws_cdk", "boto3", "envoy_config", "ecs_envoy", "stacks", "app", "rehearsal"},
    "envoy/envoy_config": {"aws_cdk", "discovery", "ecs_envoy", "stacks", "app", "rehearsal"},
    "constructs/ecs_envoy": {"discovery", "stacks", "app", "rehearsal"},
    "stacks": {"app", "rehearsal"},
}


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    return names


@pytest.mark.parametrize(("folder", "forbidden"), SOURCES.items())
def test_imports_point_one_way(folder: str, forbidden: set[str]) -> None:
    files = list((ROOT / folder).rglob("*.py"))
    assert files
    assert not {str(file): imported(file) & forbidden for file in files if imported(file) & forbidden}


def test_source_roots_are_no_packages() -> None:
    assert not (ROOT / "constructs/__init__.py").exists()
    assert not (ROOT / "envoy/__init__.py").exists()
