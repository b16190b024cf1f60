"""Each golden case: a change of base.yaml, and the comment about it.

`make snapshots` writes the comments anew; read the diff before you commit it.
"""

import fcntl
import json
import os
import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import yaml

from ecs_envoy.review.assembly.json_value import Json
from ecs_envoy.review.assembly.reading import read_assembly
from ecs_envoy.review.checks.checking import check_all
from ecs_envoy.review.comment.markdown import markdown
from ecs_envoy.review.comment.wording import page
from ecs_envoy.review.comparison import Configured, Environment, compare
from ecs_envoy.review.reviewing import review
from ecs_envoy.review.sections import EnvironmentReview
from tests.conftest import ROOT, RunCdk, Snapshot
from tests.ecs_envoy.review.golden.picture import picture

HERE = Path(__file__).parent
CASES = sorted(path.stem for path in (HERE / "cases").glob("*.yaml"))


def merged(values: Json, patch: Json) -> Json:
    """Return `values` with a JSON merge patch (RFC 7396)."""
    if not isinstance(patch, dict):
        return patch
    result = dict(values) if isinstance(values, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


def rebuild_image(assemblies: Path, out: Path) -> tuple[str, Path]:
    """Give the sidecar's image another content, as a change of its code does."""
    shutil.copytree(assemblies / "discovery-switched", out)
    assets = json.loads((out / "prod-proxy.assets.json").read_text())
    (digest,) = assets["dockerImages"]
    for file in out.glob("*.json"):
        file.write_text(file.read_text().replace(digest, "0" * 64))
    return "discovery-switched", out


def upgrade_cdk(assemblies: Path, out: Path) -> tuple[str, Path]:
    """Do what an upgrade of the CDK does: other metadata, and another content of its own functions.

    A real one from 2.266.0 to 2.275.0 changed no byte of these templates.
    """
    shutil.copytree(assemblies / "fewer-tasks", out)
    for file in out.glob("*.template.json"):
        template = json.loads(file.read_text())
        template["Resources"]["CDKMetadata"] = {
            "Type": "AWS::CDK::Metadata",
            "Properties": {"Analytics": "v2:deflate64:H4sIAAAAAAAA"},
            "Condition": "CDKMetadataAvailable",
        }
        template["Conditions"] = {
            "CDKMetadataAvailable": {"Fn::Equals": [{"Ref": "AWS::Region"}, "eu-west-1"]}
        }
        for definition in template["Resources"].values():
            definition.setdefault("Metadata", {})["aws:cdk:path"] = "elsewhere"
        file.write_text(json.dumps(template))
    tree = out / "tree.json"
    tree.write_text(
        re.sub(r'("fqn":"aws-cdk-lib\.[^"]*","version":)"[^"]*"', r'\1"2.999.0"', tree.read_text())
    )
    for assets in out.glob("*.assets.json"):
        for digest, asset in json.loads(assets.read_text())["files"].items():
            if "Template" not in asset["displayName"]:
                for file in out.glob("*.json"):
                    file.write_text(file.read_text().replace(digest, "f" * 64))
    return "base", out


CHANGED: dict[str, Callable[[Path, Path], tuple[str, Path]]] = {
    "image-rebuilt": rebuild_image,
    "cdk-upgraded": upgrade_cdk,
}
"""Cases that no configuration can have. Each copies an assembly, and returns what it is compared with."""


@pytest.fixture(scope="session")
def golden(run_cdk: RunCdk, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the configuration and the assembly of each case; the first worker makes them all."""
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    folder = shared / "golden"
    with (shared / "golden.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if not folder.exists():
            folder.mkdir()
            base = yaml.safe_load((HERE / "base.yaml").read_text())
            configs = [folder / f"{name}.yaml" for name in ("base", *CASES)]
            for config in configs:
                case = HERE / "cases" / config.name
                patch: Json = yaml.safe_load(case.read_text()) if case.is_file() else {}
                config.write_text(yaml.safe_dump(merged(base, patch), sort_keys=False))
            program = [sys.executable, "-m", "tests.ecs_envoy.review.synthesize", folder / "out", *configs]
            done = run_cdk(*program, folder=ROOT, PYTHONPATH=str(ROOT))
            if done.returncode:
                shutil.rmtree(folder)
            assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="session")
def reviews(golden: Path) -> dict[str, EnvironmentReview]:
    """The review of each case, and of those that no configuration can have."""

    def environment(name: str, assembly: Path | None = None) -> Environment:
        configured = Configured(path="config/prod.yaml", text=(golden / f"{name}.yaml").read_text())
        return Environment(
            assembly=read_assembly(assembly or golden / "out" / name), configuration=configured
        )

    pairs: dict[str, tuple[Environment | None, Environment | None]] = {
        case: (environment("base"), environment(case)) for case in CASES
    }
    with TemporaryDirectory() as folder:
        changed = {case: change(golden / "out", Path(folder) / case) for case, change in CHANGED.items()}
        pairs |= {
            case: (environment(base), environment(base, assembly))
            for case, (base, assembly) in changed.items()
        }
    found = compare(pairs, project=ROOT, cache=golden / "cache")
    # cfn-lint would take longer than all the rest; test_checks.py shows it.
    checked = check_all(found, project=ROOT, with_lint=False)
    return {each.name: review(each, checked=checked.get(each.name)) for each in found}


@pytest.mark.parametrize("case", [*CASES, *CHANGED])
def test_the_comment_about_a_change_matches_its_snapshot(
    case: str, reviews: dict[str, EnvironmentReview], snapshot: Snapshot
) -> None:
    found = replace(reviews[case], name="prod")
    text = markdown(page([found], compared="compared main with the working tree"))
    snapshot(HERE / "cases" / f"{case}.md", text)


def test_the_picture_in_the_docs_matches_its_snapshot(
    reviews: dict[str, EnvironmentReview], snapshot: Snapshot
) -> None:
    found = replace(reviews["tasks-scale"], name="prod")
    text = picture(page([found], compared="compared main with the working tree"))
    snapshot(ROOT / "docs/images/review.svg", text)
