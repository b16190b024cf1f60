import os
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from ecs_envoy.review.resources.template_diff import VERSION
from tests.conftest import ROOT
from tests.ecs_envoy.posting.project import make
from tests.ecs_envoy.posting.stubs import REPOSITORY, Stub, served

EVENTS = Path(__file__).parent / "events"


@pytest.fixture
def stub() -> Generator[Stub]:
    with served(Stub()) as found:
        yield found


@pytest.fixture
def job(stub: Stub, tmp_path: Path) -> dict[str, str]:
    """The variables of a job of GitHub, whose API is the stub."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "CI_"))},
        "GITHUB_ACTIONS": "true",
        "GITHUB_API_URL": stub.address,
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_EVENT_PATH": str(EVENTS / "pull_request.json"),
        "GITHUB_OUTPUT": str(tmp_path / "output"),
        "GITHUB_REPOSITORY": REPOSITORY,
        "GITHUB_RUN_ID": "30433642",
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
        "GITHUB_TOKEN": "a token",
        "GITHUB_WORKSPACE": str(tmp_path),
        "NO_PROXY": "127.0.0.1",
        "PYTHONPATH": str(ROOT / "constructs"),
    }


def run_posting(subcommand: str, variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run what a job runs."""
    command = [sys.executable, "-P", "-m", "ecs_envoy.posting", subcommand]
    return subprocess.run(command, env=variables, capture_output=True, text=True, check=False)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project in a git repository with one commit."""
    return make(tmp_path / "project")


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """A folder for the caches of `ecs-envoy diff`, with the diff library in it."""
    library = tmp_path / "cache" / f"cloudformation-diff-{VERSION}"
    library.mkdir(parents=True)
    (library / "node_modules").symlink_to(ROOT / "node_modules")
    return library.parent
