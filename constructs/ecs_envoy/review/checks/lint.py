"""Runs cfn-lint over templates, all of them in one process."""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from ecs_envoy.review.assembly.findings import Finding
from ecs_envoy.review.assembly.reading import Stack
from ecs_envoy.review.programs import program_path

Key = TypeVar("Key")


class LintFailedError(Exception):
    """cfn-lint has not looked at the templates; the message says why."""


def lint(sides: Mapping[Key, Sequence[Stack]], *, project: Path) -> dict[Key, list[Finding]] | None:
    """Return what cfn-lint says to the templates of each side; None if it is not installed.

    It uses the program in the folder of this Python, or else on the PATH, with the settings that it finds
    from `project` on (`.cfnlintrc.yaml`).

    Raises:
        LintFailedError: It fails.

    """
    path = program_path()
    program = shutil.which("cfn-lint", path=path)
    if program is None:
        return None
    found: dict[Key, list[Finding]] = {key: [] for key in sides}
    with tempfile.TemporaryDirectory() as folder:
        # The assembly of the working tree is gone by now, and both sides may have the same names.
        files: dict[str, tuple[Key, Stack]] = {}
        for key, stacks in sides.items():
            for stack in stacks:
                file = Path(folder) / f"{len(files)}.template.json"
                file.write_text(json.dumps(stack.template), encoding="utf-8")
                files[str(file)] = key, stack
        for row in _run([program, "--format", "json", "--non-zero-exit-code", "none", *files], project):
            key, stack = files[row["Filename"]]
            found[key].append(_finding(row, stack))
    return found


def _run(command: Sequence[str], project: Path) -> list[dict[str, Any]]:
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    try:
        return json.loads(done.stdout)
    except ValueError:
        lines = (done.stderr or done.stdout).strip().splitlines() or ["it gives no reason"]
        raise LintFailedError(f"cfn-lint failed, so no template was linted: {lines[-1]}") from None


def _finding(row: Mapping[str, Any], stack: Stack) -> Finding:
    section, *rest = [*map(str, row["Location"].get("Path") or []), ""]
    name = rest[0] if rest else ""
    within = ".".join(part for part in rest[1:] if part and part != "Properties")
    place = f"{stack.name} {section}"
    if section == "Resources" and name:
        place = stack.paths.get(name, f"{stack.name}/{name}")
    return Finding(
        tool="cfn-lint",
        rule=row["Rule"]["Id"],
        place=f"{place} {within}".strip(),
        text=" ".join(str(row["Message"]).split()),
        level=str(row["Level"]).lower(),
    )
