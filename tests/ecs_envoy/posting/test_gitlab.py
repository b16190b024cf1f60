"""The note in a merge request of GitLab."""

import os
import subprocess
from collections import deque
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from ecs_envoy.posting.comment import key, marker
from tests.conftest import BIN, ROOT
from tests.ecs_envoy.posting.project import change, head_of
from tests.ecs_envoy.posting.stubs import Answer, Stub

pytestmark = pytest.mark.process

NOTES = "/projects/5/merge_requests/7/notes"
KEY = key(".", ["config/prod.yaml"], [])

Job = Callable[..., subprocess.CompletedProcess[str]]
TEMPLATE = yaml.safe_load((ROOT / "ci/gitlab.yml").read_text())["ecs-envoy-diff"]


@pytest.fixture
def job(stub: Stub, project: Path, cache: Path, tmp_path: Path) -> Job:
    """Runs what the template's job runs, without the two lines that install ecs-envoy."""
    stub.further["/user"] = Answer(body={"id": 1, "username": "project_5_bot"})
    *installed, script = TEMPLATE["script"]
    assert all("venv" in line or "install" in line for line in installed)
    variables = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "CI_"))},
        **{name: str(value) for name, value in TEMPLATE["variables"].items()},
        "CI_API_V4_URL": stub.address,
        "CI_JOB_URL": "https://gitlab.com/acme/learning/-/jobs/9",
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": head_of(project),
        "CI_MERGE_REQUEST_IID": "7",
        "CI_MERGE_REQUEST_PROJECT_ID": "5",
        "CI_PROJECT_DIR": str(project),
        "ECS_ENVOY_CACHE": str(cache),
        "ECS_ENVOY_CONFIG": "config/prod.yaml",
        "ECS_ENVOY_GITLAB_TOKEN": "a token",
        "ECS_ENVOY_OUT": str(tmp_path / "out"),
        "NO_PROXY": "127.0.0.1",
    }

    def run(**further: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["/bin/bash", "-euc", script.replace("/tmp/ecs-envoy/bin", str(BIN))],  # noqa: S108 - the template's
            cwd=project,
            env={**variables, **further},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_the_note_is_created_and_then_kept_up_to_date(stub: Stub, project: Path, job: Job) -> None:
    stub.add(f"{marker(KEY)}\nmine", author="mallory")
    change(project, "pages")
    done = job()
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "the comment: created"
    assert job().stdout.splitlines()[-1] == "the comment: unchanged"
    change(project, "calls")
    assert job().stdout.splitlines()[-1] == "the comment: updated"
    assert stub.writes == [f"POST {NOTES}", f"PUT {NOTES}/2"]
    assert stub.texts[1].startswith(f"{marker(KEY)}")
    assert "`alarms` → `calls`" in stub.texts[1]


def test_our_note_is_found_behind_hundreds_of_others(stub: Stub, job: Job) -> None:
    for number in range(250):
        stub.add(f"remark {number}", author="mallory")
    stub.add(f"{marker(KEY)}\nof the commit before")
    assert job().stdout.splitlines()[-1] == "the comment: updated"


def test_fails_as_the_comparison_does_after_the_note_is_posted(stub: Stub, project: Path, job: Job) -> None:
    (project / "config/prod.yaml").write_text("environment: prod\nbroken: yes\n")
    done = job()
    assert done.returncode == 2
    assert "### ecs-envoy diff could not compare" in stub.texts[0]
    assert "broken: take it out" in stub.texts[0]


def test_fails_no_job_without_a_token(stub: Stub, job: Job, tmp_path: Path) -> None:
    done = job(ECS_ENVOY_GITLAB_TOKEN="")
    assert done.returncode == 0
    assert "no note is posted: this needs a merge request and ECS_ENVOY_GITLAB_TOKEN" in done.stdout
    assert stub.asked == []
    assert (tmp_path / "out/comment.md").is_file()


def test_fails_no_job_if_the_token_may_not_write_notes(stub: Stub, job: Job) -> None:
    stub.faults["POST"] = deque([Answer(status=403, body={"message": "403 Forbidden"})])
    done = job()
    assert done.returncode == 0
    assert "the comment is not posted: POST" in done.stderr
    assert "give ECS_ENVOY_GITLAB_TOKEN the scope `api` and the role Reporter" in done.stderr


def test_the_template_keeps_what_the_script_writes() -> None:
    out = TEMPLATE["variables"]["ECS_ENVOY_OUT"].replace("$CI_PROJECT_DIR/", "")
    assert TEMPLATE["artifacts"]["paths"] == [f"{out}/comment.md"]
    assert TEMPLATE["cache"]["paths"] == [
        TEMPLATE["variables"]["ECS_ENVOY_CACHE"].replace("$CI_PROJECT_DIR/", "")
    ]
