"""Each golden case: a change of base.yaml, and the comment about it.

`make snapshots` writes the comments anew; read the diff before you commit it.
"""

import fcntl
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from ecs_envoy.review.assembly.json_value import Json
from ecs_envoy.review.assembly.reading import read_assembly
from ecs_envoy.review.comment.markdown import markdown
from ecs_envoy.review.comment.wording import page
from ecs_envoy.review.comparison import Configured, Environment, compare
from ecs_envoy.review.reviewing import review
from ecs_envoy.review.sections import EnvironmentReview
from tests.conftest import ROOT, RunCdk, Snapshot

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


Review = Callable[[str], EnvironmentReview]


@pytest.fixture(scope="session")
def review_of(golden: Path) -> Review:
    """Reviews a case."""

    def environment(name: str) -> Environment:
        configured = Configured(path="config/prod.yaml", text=(golden / f"{name}.yaml").read_text())
        return Environment(assembly=read_assembly(golden / "out" / name), configuration=configured)

    def reviewed(case: str) -> EnvironmentReview:
        pair = environment("base"), environment(case)
        (comparison,) = compare({"prod": pair}, project=ROOT, cache=golden / "cache")
        return review(comparison)

    return reviewed


@pytest.mark.parametrize("case", CASES)
def test_the_comment_about_a_change_matches_its_snapshot(
    case: str, review_of: Review, snapshot: Snapshot
) -> None:
    text = markdown(page([review_of(case)], compared="compared main with the working tree"))
    snapshot(HERE / "cases" / f"{case}.md", text)
