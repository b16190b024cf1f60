"""`ecs-envoy diff` of git revisions of a project, and of folders."""

import json
from pathlib import Path

import pytest

from tests.ecs_envoy.review.cdk_project import APP, Run, configure, git
from tests.ecs_envoy.review.cdk_project import ecs_envoy as ecs_envoy
from tests.ecs_envoy.review.cdk_project import project as project
from tests.ecs_envoy.review.templates import resource, write_assembly

pytestmark = pytest.mark.process


def test_by_default_the_working_tree_is_compared_with_where_the_branch_began(
    project: Path, ecs_envoy: Run
) -> None:
    configure(project, "prod", topic="pages")
    git(project, "checkout", "--quiet", "main")
    (project / "unrelated").write_text("on main, after the branch began")
    configure(project, "dev", topic="other")
    git(project, "add", "unrelated", "config/dev.yaml")
    git(project, "commit", "--quiet", "--message", "second")
    git(project, "checkout", "--quiet", "change")
    done = ecs_envoy("diff")
    assert done.returncode == 0, done.stderr
    assert "prod: 1 resource changes, nothing is replaced" in done.stdout
    assert "DisplayName: alarms → pages" in done.stdout
    assert "dev: nothing changes" in done.stdout


def test_two_revisions_are_compared_whatever_the_working_tree_is(project: Path, ecs_envoy: Run) -> None:
    configure(project, "prod", topic="pages")
    git(project, "commit", "--quiet", "--all", "--message", "second")
    configure(project, "prod", topic="never committed")
    done = ecs_envoy("diff", "main", "change", "--config", "config/prod.yaml")
    assert done.returncode == 0, done.stderr
    assert "alarms → pages" in done.stdout


def test_an_environment_on_one_side_only_is_new_or_gone(project: Path, ecs_envoy: Run) -> None:
    configure(project, "stage", topic="alarms")
    (project / "config/dev.yaml").unlink()
    done = ecs_envoy("diff")
    assert done.returncode == 0, done.stderr
    assert "stage: is new, 1 resource" in done.stdout
    assert "dev: is gone from the app" in done.stdout


def test_a_file_that_moves_is_the_same_environment(project: Path, ecs_envoy: Run) -> None:
    git(project, "mv", "config/dev.yaml", "config/test.yaml")
    assert "`prod`, `dev`: nothing changes" in ecs_envoy("diff", "--format", "markdown").stdout


def test_nothing_that_differs_is_one_line(ecs_envoy: Run) -> None:
    done = ecs_envoy("diff", "--config", "config/prod.yaml", "--format", "markdown")
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "`prod`: nothing changes")


def test_the_same_input_gives_the_same_bytes(project: Path, ecs_envoy: Run) -> None:
    configure(project, "prod", topic="pages")
    for form in ("json", "html"):
        first, second = (ecs_envoy("diff", "--format", form) for _ in range(2))
        assert first.returncode == 0, first.stderr
        assert (second.stdout, second.stderr) == (first.stdout, first.stderr)


def test_a_commit_is_synthesized_once(project: Path, ecs_envoy: Run, tmp_path: Path) -> None:
    configure(project, "prod", topic="pages")
    for _ in range(2):
        done = ecs_envoy("diff", "--config", "config/prod.yaml")
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "count").read_text().splitlines() == ["config/prod.yaml"] * 3


TWICE = ["config/dev.yaml", "config/dev.yaml", "config/prod.yaml", "config/prod.yaml"]


@pytest.mark.parametrize(
    ("also", "synthesized"),
    [
        pytest.param({}, TWICE[1:], id="a file"),
        pytest.param({"app.py": APP + "# changed"}, TWICE, id="the code, too"),
        pytest.param(
            {"config/part.yaml": "topic: all\n"}, sorted([*TWICE, "config/part.yaml"]), id="no environment"
        ),
        pytest.param({"untracked.txt": "read by the app"}, TWICE, id="a file that is new"),
    ],
)
def test_an_environment_is_synthesized_twice_unless_nothing_that_it_reads_changed(
    also: dict[str, str], synthesized: list[str], project: Path, ecs_envoy: Run, tmp_path: Path
) -> None:
    configure(project, "prod", topic="pages")
    for name, text in also.items():
        (project / name).write_text(text)
    done = ecs_envoy("diff")
    assert done.returncode == 0, done.stderr
    assert sorted((tmp_path / "count").read_text().splitlines()) == synthesized
    assert "dev: nothing changes" in done.stdout
    assert "DisplayName: alarms → pages" in done.stdout


def test_a_context_goes_to_both_sides(project: Path, ecs_envoy: Run) -> None:
    configure(project, "prod", topic="pages")
    done = ecs_envoy("diff", "--context", "suffix=-eu", "--config", "config/prod.yaml")
    assert "alarms-eu → pages-eu" in done.stdout


def test_nothing_of_the_repository_is_left_changed(project: Path, ecs_envoy: Run) -> None:
    ecs_envoy("diff")
    assert len(git(project, "worktree", "list").splitlines()) == 1
    assert git(project, "status", "--porcelain") == ""


def test_a_rise_of_the_cost_ends_with_1_and_still_prints_the_comment(project: Path, ecs_envoy: Run) -> None:
    configure(project, "prod", topic="alarms", nat="yes")
    done = ecs_envoy("diff", "--fail-on", "cost:+10")
    assert done.returncode == 1
    assert "prod: 1 is added, nothing is replaced, +35.04 USD a month" in done.stdout
    assert done.stderr == "ecs-envoy diff: --fail-on: prod: cost: +35.04 USD a month, over +10\n"


def test_the_cost_of_one_file_is_that_of_the_working_tree(project: Path, ecs_envoy: Run) -> None:
    configure(project, "prod", topic="alarms", nat="yes")
    done = ecs_envoy("cost", "config/prod.yaml")
    assert done.returncode == 0, done.stderr
    assert [line.split() for line in done.stdout.splitlines()[:2]] == [
        ["NAT", "gateways,", "1", "35.04"],
        ["sum,", "in", "USD", "a", "month", "35.04"],
    ]
    values = json.loads(ecs_envoy("cost", "config/prod.yaml", "--format", "json").stdout)
    assert (values["least"], values["most"]) == (pytest.approx(35.04), pytest.approx(35.04))


def test_fails_to_say_the_cost_of_a_file_that_is_not_there(ecs_envoy: Run) -> None:
    done = ecs_envoy("cost", "config/none.yaml")
    assert (done.returncode, done.stdout) == (2, "")
    assert "config/none.yaml: cannot be read" in done.stderr


def test_two_folders_are_compared_without_git(ecs_envoy: Run, tmp_path: Path) -> None:
    for side in ("before", "after"):
        write_assembly(tmp_path / side, {"app": {"T": resource("SNS::Topic", DisplayName=side)}})
    done = ecs_envoy("diff", str(tmp_path / "before"), str(tmp_path / "after"), folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "DisplayName: before → after" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["no-such-branch"], "'no-such-branch' is no revision of"),
        (["--config", "config/none.yaml"], "--config: config/none.yaml is neither in"),
        (["--context", "look-up=yes"], "cdk.context.json has no answer for vpc-provider"),
        (["--context", "suffix"], "--context: 'suffix' has no value; give KEY=VALUE"),
        (["--fail-on", "rain"], "--fail-on: 'rain' is no gate; give some of replacement"),
        (["--lock", "none.txt"], "--lock: none.txt is not in"),
        (["--prices", "none.yaml"], "none.yaml: cannot be read"),
        (["--rehearse", "main", "change"], "--rehearse: it deploys the working tree, and HEAD is change"),
        (["--rehearse", "config"], "--rehearse: it deploys the working tree, and config is a folder"),
        (["config"], "config is a folder, so HEAD has to be one, too"),
        (["config", "config"], "is no cloud assembly, since it has no manifest.json"),
    ],
)
def test_fails_on_bad_input_and_says_what_to_give(ecs_envoy: Run, arguments: list[str], message: str) -> None:
    done = ecs_envoy("diff", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_fails_with_the_apps_own_message_and_the_side(project: Path, ecs_envoy: Run) -> None:
    configure(project, "prod", topic="pages", broken="yes")
    done = ecs_envoy("diff")
    assert done.returncode == 2
    assert "the working tree: config/prod.yaml: cannot be synthesized" in done.stderr
    assert "config/prod.yaml: broken: take it out" in done.stderr


def test_fails_on_an_app_that_writes_nothing(project: Path, ecs_envoy: Run) -> None:
    (project / "app.py").write_text("print('no app.synth()')")
    assert "config/dev.yaml: cannot be synthesized: 'python3 app.py'" in ecs_envoy("diff").stderr


def test_fails_outside_of_a_repository(ecs_envoy: Run, tmp_path: Path) -> None:
    done = ecs_envoy("diff", folder=tmp_path)
    assert done.returncode == 2
    assert "is not in a git repository" in done.stderr
