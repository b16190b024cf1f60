"""Hand-written templates for tests: small assemblies, and their comparisons."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ecs_envoy.review.assembly.reading import read_assembly
from ecs_envoy.review.comparison import Comparison, Configured, Environment, compare
from tests.conftest import ROOT

Resources = Mapping[str, Mapping[str, Any]]
"""The resources of a stack by logical id: `{"Type": ..., "Properties": ...}`."""

Stacks = Mapping[str, Resources]
"""The resources of each stack, by the stack's name."""


def resource(kind: str, **properties: object) -> dict[str, Any]:
    """Return a resource of the type `AWS::<kind>`."""
    return {"Type": f"AWS::{kind}", "Properties": properties}


def write_assembly(folder: Path, stacks: Stacks, *, region: str = "eu-west-1") -> Path:
    """Write a cloud assembly with these stacks into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    artifacts: dict[str, Any] = {}
    for name, resources in stacks.items():
        (folder / f"{name}.template.json").write_text(json.dumps({"Resources": resources}))
        artifacts[name] = {
            "type": "aws:cloudformation:stack",
            "environment": f"aws://111122223333/{region}",
            "properties": {"templateFile": f"{name}.template.json"},
        }
    (folder / "manifest.json").write_text(json.dumps({"version": "55.0.0", "artifacts": artifacts}))
    return folder


def environment(folder: Path, stacks: Stacks, *, text: str = "") -> Environment:
    """Return an environment with these stacks, and a configuration file with `text` if there is any."""
    configuration = Configured(path="config/prod.yaml", text=text) if text else None
    return Environment(assembly=read_assembly(write_assembly(folder, stacks)), configuration=configuration)


def comparisons(
    folder: Path, cases: Mapping[str, tuple[Stacks | None, Stacks | None]]
) -> dict[str, Comparison]:
    """Return the comparison of each case by its name. All of them take one start of Node, 0.7 s."""
    pairs = {
        name: (
            environment(folder / name / "base", base) if base is not None else None,
            environment(folder / name / "head", head) if head is not None else None,
        )
        for name, (base, head) in cases.items()
    }
    return {found.name: found for found in compare(pairs, project=ROOT, cache=folder / "cache")}
