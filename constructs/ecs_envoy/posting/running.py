"""Runs `ecs-envoy diff` in a job, and keeps what it says for the comment."""

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ecs_envoy.posting.comment import key

_LONGEST_REASONS = 3_000  # characters; of an app that fails, the last lines say why


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What to review, as a job's variables say it.

    Attributes:
        folder: The folder of the project, as the job names it.
        base: The revision before; empty for the default of `ecs-envoy diff`.
        configs: The configuration files; empty for all.
        context: Context for the app, as `KEY=VALUE`.
        further: Further options of `ecs-envoy diff`.

    """

    folder: str
    base: str
    configs: tuple[str, ...]
    context: tuple[str, ...]
    further: tuple[str, ...]

    def with_base(self, base: str) -> "Settings":
        """Return these settings with another base."""
        return replace(self, base=base)

    @property
    def key(self) -> str:
        """What tells this review from others of the same pull request."""
        return key(self.folder, self.configs, self.context)

    @property
    def options(self) -> list[str]:
        """The arguments of `ecs-envoy diff`."""
        options = [f"--config={file}" for file in self.configs]
        options += [f"--context={value}" for value in self.context]
        return [*options, *self.further, *(["--", self.base] if self.base else [])]


@dataclass(frozen=True, kw_only=True)
class Review:
    """What `ecs-envoy diff` said.

    Attributes:
        text: The comment, in Markdown.
        summary: Its headings, one line for each environment that changes; empty if nothing changes.
        status: The exit status: 0, 1 if a gate fails, 2 for bad input.

    """

    text: str
    summary: str
    status: int


def settings(variables: Mapping[str, str]) -> Settings:
    """Return the settings of a job: its variables whose names begin with `ECS_ENVOY_`."""
    names = {"FAIL_ON": "--fail-on", "PRICES": "--prices", "LOCK": "--lock"}
    given = {option: variables.get(f"ECS_ENVOY_{name}", "").strip() for name, option in names.items()}
    return Settings(
        folder=variables.get("ECS_ENVOY_WORKING_DIRECTORY", "").strip() or ".",
        base=variables.get("ECS_ENVOY_BASE", "").strip(),
        configs=_lines(variables.get("ECS_ENVOY_CONFIG", "")),
        context=_lines(variables.get("ECS_ENVOY_CONTEXT", "")),
        further=tuple(f"{option}={value}" for option, value in given.items() if value),
    )


def run(wanted: Settings, root: Path) -> Review:
    """Return what `ecs-envoy diff` says about the project in `root`."""
    if not (root / wanted.folder).is_dir():
        return _failed(f"the working directory {wanted.folder} is not in this check-out", 2)
    done = subprocess.run(
        # -P: nothing of the project is imported by this Python.
        [sys.executable, "-P", "-m", "ecs_envoy.cli.main", "diff", "--format=markdown", *wanted.options],
        cwd=root / wanted.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    reasons = done.stderr.strip()
    sys.stderr.write(done.stderr)
    if not done.stdout:
        return _failed(reasons or "it gives no reason", done.returncode or 1)
    text = done.stdout
    if done.returncode:
        text += f"\n**Gates of `--fail-on` that fail**\n\n{_fenced(reasons)}"
    headings = [line.removeprefix("### ") for line in done.stdout.splitlines() if line.startswith("### ")]
    return Review(text=text, summary="\n".join(headings), status=done.returncode)


def _failed(reason: str, status: int) -> Review:
    title = "ecs-envoy diff could not compare"
    return Review(text=f"### {title}\n\n{_fenced(reason)}", summary=title, status=status)


def base_of(event: Mapping[str, object], root: Path) -> str:
    """Return the commit before a pull request of GitHub, whose event this is; empty for another event.

    A job of a pull request checks out a merge of it into the base branch, whose first parent is what that
    branch deploys now. Another check-out is compared with the tip of the base branch.
    """
    match event.get("pull_request"):
        case {"base": {"sha": str(tip)}}:
            pass
        case _:
            return ""
    done = subprocess.run(
        ["git", "-C", str(root), "rev-parse", "--quiet", "--verify", "HEAD^2"],  # noqa: S607 - the job's git
        capture_output=True,
        check=False,
    )
    return tip if done.returncode else "HEAD^1"


def _lines(text: str) -> tuple[str, ...]:
    return tuple(filter(None, map(str.strip, text.splitlines())))


def _fenced(text: str) -> str:
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}text\n{text[-_LONGEST_REASONS:]}\n{fence}\n"
