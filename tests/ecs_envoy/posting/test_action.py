"""The action: its own steps are run, with a pull request's event and a stub of GitHub's API."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from ecs_envoy.posting.comment import key, marker
from tests.conftest import BIN, ROOT
from tests.ecs_envoy.posting.composite import Ran, run_action
from tests.ecs_envoy.posting.project import change, commit, git, head_of
from tests.ecs_envoy.posting.stubs import Stub

pytestmark = pytest.mark.process

DEFINED = [ROOT / "action.yml", *sorted((ROOT / ".github").rglob("*.yml"))]
Use = Callable[..., Ran]


@pytest.fixture
def merge(project: Path) -> Path:
    """The project as a job of a pull request checks it out: a merge of the branch into main."""
    git(project, "checkout", "--quiet", "-b", "scale")
    change(project, "pages", further="alarms: 3\n")
    commit(project)
    git(project, "checkout", "--quiet", "main")
    change(project, "alarms", "stage")  # on main since the branch began, and no part of the change
    commit(project)
    git(project, "merge", "--quiet", "--no-ff", "--message", "a merge", "scale")
    return project


@pytest.fixture
def use(merge: Path, cache: Path, job: dict[str, str], tmp_path: Path) -> Use:
    temp = tmp_path / "temp"
    temp.mkdir()
    (temp / "ecs-envoy").symlink_to(BIN.parent)  # what the step that installs makes
    cache.rename(temp / "ecs-envoy-cache")
    variables = {**job, "GITHUB_WORKSPACE": str(merge), "RUNNER_TEMP": str(temp)}

    def run(inputs: dict[str, str] | None = None, **further: str) -> Ran:
        return run_action(
            ROOT / "action.yml",
            inputs or {},
            {**variables, **further},
            without=frozenset({"Install ecs-envoy"}),
        )

    return run


def test_the_action_comments_and_says_the_same_on_the_jobs_page(use: Use, stub: Stub, tmp_path: Path) -> None:
    ran = use()
    assert ran.status == 0, ran.log
    assert "the comment: created" in ran.log
    heading = "prod: 1 resource changes, 3 are added, nothing is replaced, +0.30 USD a month"
    assert (ran.outputs["changed"], ran.outputs["summary"]) == ("true", heading)
    (text,) = stub.texts
    assert text.startswith(f"{marker(key('.', [], []))}\n### {heading}\n")
    assert "`dev`, `stage`: nothing changes" in text
    shown = (tmp_path / "summary").read_text()
    assert text.endswith(shown.rstrip("\n") + "\n")
    assert Path(ran.outputs["comment"]).read_text() in text


def test_the_artifact_is_what_another_workflow_needs_to_comment(use: Use, stub: Stub) -> None:
    ran = use({"comment": "false"})
    assert ran.status == 0, ran.log
    uploaded = ran.used["actions/upload-artifact"]
    assert uploaded["name"] == ran.outputs["artifact"] == f"ecs-envoy-review-{key('.', [], [])}"
    files = {file.name: file.read_text() for file in Path(uploaded["path"]).iterdir()}
    assert files["comment.md"].startswith("### prod: 1 resource changes")
    assert files["pull-request"] == "7\n"
    assert stub.asked == []


def test_nothing_that_changes_is_said_so_and_is_no_failure(use: Use, stub: Stub) -> None:
    ran = use({"config": "config/dev.yaml"})
    assert (ran.status, ran.outputs["changed"], ran.outputs["summary"]) == (0, "false", "")
    assert "`dev`: nothing changes" in stub.texts[0]


def test_a_gate_fails_the_job_after_the_comment_is_posted(use: Use, stub: Stub) -> None:
    ran = use({"fail-on": "cost:+0.10"})
    assert ran.status == 1
    assert "prod: cost: +0.30 USD a month, over +0.1" in stub.texts[0]
    assert "Gates of `--fail-on` that fail" in stub.texts[0]


def test_fails_with_the_reason_in_the_comment_if_nothing_can_be_compared(
    use: Use, merge: Path, stub: Stub, tmp_path: Path
) -> None:
    change(merge, "pages", further="broken: yes\n")
    ran = use()
    assert ran.status == 2
    for text in (stub.texts[0], (tmp_path / "summary").read_text()):
        assert "### ecs-envoy diff could not compare" in text
        assert "config/prod.yaml: broken: take it out" in text


def test_fails_if_the_working_directory_is_not_there(use: Use, stub: Stub) -> None:
    assert use({"working-directory": "infra"}).status == 2
    assert "the working directory infra is not in this check-out" in stub.texts[0]


def test_fails_for_a_trigger_that_would_run_a_strangers_code_with_secrets(use: Use, stub: Stub) -> None:
    ran = use(GITHUB_EVENT_NAME="pull_request_target")
    assert ran.status == 2
    assert "use pull_request" in ran.log
    assert stub.asked == []


def test_an_input_is_never_a_script(use: Use, merge: Path) -> None:
    hostile = '$(touch pwned) `touch pwned` "; touch pwned; "'
    inputs = {"config": hostile, "context": hostile, "base": hostile, "fail-on": hostile}
    ran = use(inputs)
    assert ran.status == 2
    assert not (merge / "pwned").exists()


def test_a_check_out_that_is_no_merge_is_compared_with_the_tip_of_the_base(
    use: Use, merge: Path, job: dict[str, str], stub: Stub, tmp_path: Path
) -> None:
    event = json.loads(Path(job["GITHUB_EVENT_PATH"]).read_text())
    event["pull_request"]["base"]["sha"] = git(merge, "rev-parse", "HEAD^1").strip()
    (tmp_path / "event.json").write_text(json.dumps(event))
    git(merge, "checkout", "--quiet", "scale")
    ran = use({"config": "config/prod.yaml"}, GITHUB_EVENT_PATH=str(tmp_path / "event.json"))
    assert ran.outputs["summary"].startswith("prod: 1 resource changes, 3 are added"), ran.log
    assert head_of(merge)[:7] not in stub.texts[0]


def test_what_is_compared_tells_the_comments_of_two_uses_apart() -> None:
    uses = [
        key(".", [], []),
        key("infrastructure", [], []),
        key(".", ["config/prod.yaml"], []),
        key(".", [], ["stage=prod"]),
        key(".", ["stage=prod"], []),
    ]
    assert len(set(uses)) == len(uses)
    assert key("./", ["a", "b"], []) == key(".", ["b", "a"], [])


@pytest.mark.parametrize("file", [pytest.param(f, id=str(f.relative_to(ROOT))) for f in DEFINED])
def test_every_action_is_pinned_by_commit_with_its_version(file: Path) -> None:
    for name, pin in re.findall(r"uses: ([^\s@]+)@?(.*)", file.read_text()):
        assert name.startswith("./") or re.fullmatch(r"[0-9a-f]{40} # v\d+\.\d+\.\d+", pin), f"{name}@{pin}"


@pytest.mark.parametrize("file", [pytest.param(f, id=str(f.relative_to(ROOT))) for f in DEFINED])
def test_no_script_has_an_expression_in_it(file: Path) -> None:
    scripts = re.findall(r"^\s*(?:- )?run:(.*(?:\n\s+sudo.*)*)", file.read_text(), re.MULTILINE)
    assert not [script for script in scripts if "${{" in script]


def test_only_the_workflow_that_comments_may_write() -> None:
    files = [file for file in DEFINED if file.parent.name == "workflows"]
    assert all("\npermissions: {}\n" in file.read_text() for file in files)
    rights = {
        f.stem: set(re.findall(r"^ +([a-z-]+: (?:read|write))", f.read_text(), re.MULTILINE)) for f in files
    }
    assert rights == {
        "ci": {"contents: read"},
        "comment": {"actions: read", "contents: read", "pull-requests: write"},
        "diff": {"contents: read"},
    }
