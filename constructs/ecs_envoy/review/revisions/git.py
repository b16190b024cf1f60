"""The revisions of a git repository."""

import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory


class GitError(Exception):
    """Git cannot do what is needed; the message says what to give instead."""


@dataclass(frozen=True, kw_only=True)
class Repository:
    """A git repository.

    Attributes:
        top: Its topmost folder.
        within: The path of the project below it.

    """

    top: Path
    within: Path

    def commit(self, revision: str) -> str:
        """Return the commit that `revision` names.

        Raises:
            GitError: There is none.

        """
        # The option ends the options, so that a revision cannot be one.
        name = self._try("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        if name is None:
            shallow = self._try("rev-parse", "--is-shallow-repository") == "true"
            cure = (
                "this clone is shallow, so fetch it whole: git fetch --unshallow"
                if shallow
                else "give a branch, a tag or a commit, or a folder that cdk synth wrote"
            )
            raise GitError(f"{revision!r} is no revision of {self.top}; {cure}")
        return name

    def merge_base(self, one: str, other: str) -> str:
        """Return the commit in which `one` and `other` parted.

        Raises:
            GitError: They have none in common.

        """
        found = self._try("merge-base", one, other)
        if found is None:
            raise GitError(
                f"{one} and {other} have no commit in common; if the clone is shallow: git fetch --unshallow"
            )
        return found

    def default_branch(self) -> str:
        """Return the branch that changes are merged into: the HEAD of `origin`, or else main or master.

        Raises:
            GitError: There is none of them.

        """
        if head := self._try("symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD"):
            return head
        for name in ("origin/main", "origin/master", "main", "master"):
            if self._try("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}"):
                return name
        raise GitError(
            f"{self.top} has neither origin/HEAD nor a branch main or master; say what to compare with: "
            "ecs-envoy diff BASE"
        )

    def changed(self, base: str, head: str | None) -> set[Path]:
        """Return what differs between two commits, below `top`; `head` None is the working tree."""
        found = self._run("diff", "--name-only", "--no-renames", "-z", base, *([head] if head else []), "--")
        if head is None:
            found += "\0" + self._run("ls-files", "--others", "--exclude-standard", "-z")
        return {Path(name) for name in found.split("\0") if name}

    def short(self, commit: str) -> str:
        """Return the short form of a commit's name."""
        return self._try("rev-parse", "--short", commit) or commit[:10]

    @contextmanager
    def worktree(self, commit: str) -> Generator[Path]:
        """Yield the folder of the project as it is in `commit`, which is removed afterwards.

        Raises:
            GitError: The project is not in that commit, or git fails.

        """
        with TemporaryDirectory(prefix="ecs-envoy-diff-") as folder:
            place = Path(folder) / self.top.name
            try:
                self._run("worktree", "add", "--quiet", "--detach", "--force", str(place), commit)
                project = place / self.within
                if not project.is_dir():
                    short = self.short(commit)
                    raise GitError(f"{self.within} is not in {short}; give a revision that has it")
                yield project
            finally:
                self._try("worktree", "remove", "--force", str(place))

    def _run(self, *arguments: str) -> str:
        done = _git(self.top, *arguments)
        if done.returncode:
            lines = done.stderr.strip().splitlines() or ["it gives no reason"]
            raise GitError(f"git {' '.join(arguments[:2])} failed in {self.top}: {lines[-1]}")
        return done.stdout.strip()

    def _try(self, *arguments: str) -> str | None:
        done = _git(self.top, *arguments)
        return None if done.returncode else done.stdout.strip()


def repository(project: Path) -> Repository:
    """Return the repository that `project` is in.

    Raises:
        GitError: It is in none, or git is not installed.

    """
    done = _git(project, "rev-parse", "--show-toplevel")
    if done.returncode:
        raise GitError(
            f"{project} is not in a git repository; run ecs-envoy diff in one, or give two folders that "
            "cdk synth wrote"
        )
    top = Path(done.stdout.strip()).resolve()
    return Repository(top=top, within=project.resolve().relative_to(top))


def _git(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    try:
        return subprocess.run(
            ["git", "-C", str(folder), *arguments],  # noqa: S607 - the user's own git
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        raise GitError("git is not installed; install it, or give two folders that cdk synth wrote") from None
