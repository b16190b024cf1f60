"""Runs the steps of a composite action that are scripts, as a runner of GitHub does."""

import re
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

EXPRESSION = re.compile(r"\$\{\{ ([\w.-]+) \}\}")
_CONDITION = re.compile(r"([\w.-]+) (==|!=) '([^']*)'")


@dataclass(frozen=True, kw_only=True)
class Ran:
    """What a run of an action did.

    Attributes:
        outputs: Those of the action; none if it failed.
        log: What its scripts printed.
        status: The exit status of its last script, 0 if none failed.
        used: What each step that uses another action got, by that action's name.

    """

    outputs: Mapping[str, str]
    log: str
    status: int
    used: Mapping[str, Mapping[str, str]]


def run_action(
    action: Path, inputs: Mapping[str, str], job: Mapping[str, str], *, without: frozenset[str]
) -> Ran:
    """Run the steps of an action, without those whose names are in `without`."""
    definition: dict[str, Any] = yaml.safe_load(action.read_text())
    known = {
        f"inputs.{name}": inputs.get(name, str(value.get("default", "")))
        for name, value in definition["inputs"].items()
    }
    assert {f"inputs.{name}" for name in inputs} <= set(known)
    known |= {"runner.temp": job["RUNNER_TEMP"], "github.action_path": str(action.parent)}
    known |= {"runner.os": "Linux", "runner.arch": "X64"}
    # The real default is the job's own token.
    known["inputs.github-token"] = job["GITHUB_TOKEN"]
    of_job = {name: value for name, value in job.items() if name != "GITHUB_TOKEN"}
    value: Callable[[str], str] = lambda text: EXPRESSION.sub(lambda found: known[found[1]], text)  # noqa: E731
    log, used, status = "", dict[str, Mapping[str, str]](), 0
    for step in definition["runs"]["steps"]:
        if status or step["name"] in without or not _holds(step.get("if"), known):
            continue
        if "uses" in step:
            used[step["uses"].partition("@")[0]] = {name: value(str(v)) for name, v in step["with"].items()}
            continue
        output = Path(job["RUNNER_TEMP"]) / "output"
        output.write_text("")
        done = subprocess.run(
            ["/bin/bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=job["GITHUB_WORKSPACE"],
            env={
                **of_job,
                **{name: value(text) for name, text in step.get("env", {}).items()},
                "GITHUB_ACTION_PATH": str(action.parent),
                "GITHUB_OUTPUT": str(output),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        log, status = log + done.stdout + done.stderr, done.returncode
        if "id" in step:
            known |= {f"steps.{step['id']}.outputs.{name}": text for name, text in _outputs(output).items()}
    named: dict[str, Any] = {} if status else definition.get("outputs", {})
    outputs = {name: value(output["value"]) for name, output in named.items()}
    return Ran(outputs=outputs, log=log, status=status, used=used)


def _holds(condition: str | None, known: Mapping[str, str]) -> bool:
    if condition is None:
        return True
    found = _CONDITION.fullmatch(condition)
    assert found, condition
    return (known[found[1]] == found[3]) == (found[2] == "==")


def _outputs(file: Path) -> dict[str, str]:
    """Return the outputs that a step wrote in the form of several lines."""
    found = re.findall(r"^([\w-]+)<<(\w+)\n(.*?)\n\2\n", file.read_text(), re.MULTILINE | re.DOTALL)
    return {name: text for name, _, text in found}
