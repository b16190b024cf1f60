"""Synthesizes both sides of a comparison, side by side."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TypeAlias

import yaml

from ecs_envoy.review.assembly.reading import Assembly, read_assembly
from ecs_envoy.review.comparison import Configured, Environment
from ecs_envoy.review.revisions.cache import complete, is_complete, key, locked
from ecs_envoy.review.revisions.git import Repository
from ecs_envoy.review.revisions.python_environment import PythonEnvironment, python_environment
from ecs_envoy.review.revisions.synthesis import SynthesisFailedError, read_cdk_json, synthesize

Pair = tuple[Environment | None, Environment | None]
_Started: TypeAlias = "Future[Environment] | None"
_Found = tuple[str | None, Environment | None, Environment | None]
"""A configuration file with its environment on both sides."""


class NoConfigurationError(ValueError):
    """A configuration file that was asked for is on neither side."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What to synthesize of both sides.

    Attributes:
        configs: The configuration files, as paths within the project; empty for all of them.
        context: Context for the app, besides that of `cdk.json`.
        lock: The lock file, as a path within the project; None to look for one.

    """

    configs: tuple[str, ...] = ()
    context: Mapping[str, str]
    lock: str | None = None


@dataclass(frozen=True, kw_only=True)
class _Revision:
    """One side: a commit, or the working tree if `commit` is None."""

    label: str
    project: Path
    commit: str | None
    environment: PythonEnvironment


def synthesize_sides(
    repository: Repository, base: str, head: str | None, wanted: Wanted, *, cache: Path
) -> tuple[dict[str, Pair], bool]:
    """Return each environment of both sides by its name, and whether both had locked dependencies.

    The assembly of a commit is kept in `cache`. That of the working tree is made anew each time.

    Args:
        repository: The repository with the project.
        base: The commit before.
        head: The commit after; None for the working tree.
        wanted: What to synthesize.
        cache: Where environments and assemblies are kept.

    Raises:
        EnvironmentFailedError: The dependencies of a side cannot be installed.
        GitError: Git cannot check a commit out.
        NoConfigurationError: A file that was asked for is on neither side.
        SynthesisFailedError: A side cannot be synthesized; the message says which.

    """
    with ExitStack() as stack:
        before = _revision(repository, base, wanted, cache, stack)
        after = before if head == base else _revision(repository, head, wanted, cache, stack)
        files = _files(before, after, wanted)
        same = _same(repository, base, head, before, after, files)
        pool = stack.enter_context(ThreadPoolExecutor(max_workers=os.cpu_count() or 2))
        started: list[tuple[str | None, _Started, _Started]] = []
        for file in files:
            old = _start(pool, before, file, wanted, cache)
            started.append((file, old, old if file in same else _start(pool, after, file, wanted, cache)))
        pairs = [
            (file, old.result() if old else None, new.result() if new else None) for file, old, new in started
        ]
    return _named(pairs), before.environment.locked and after.environment.locked


def _same(
    repository: Repository,
    base: str,
    head: str | None,
    before: _Revision,
    after: _Revision,
    files: Sequence[str | None],
) -> set[str | None]:
    """Return the files whose environment deploys the same on both sides, without a second synth.

    They are those that did not change, if nothing but configuration files did: no other file says what an
    environment deploys. A file without an environment may be a part of the others, so then there are none.
    """
    changed = repository.changed(base, head)
    names = {repository.within / file: file for file in files if file is not None}
    if not changed <= names.keys() or before.environment.key != after.environment.key:
        return set()
    for path in changed:
        for side in (before, after):
            file = side.project / names[path]
            if file.is_file() and _environment_name(file.read_text(encoding="utf-8")) is None:
                return set()
    return {file for path, file in names.items() if path not in changed}


def synthesize_project(project: Path, config: str | None, wanted: Wanted, *, cache: Path) -> Environment:
    """Return what the project deploys as it is now.

    Args:
        project: The folder of the project.
        config: A configuration file, as a path within the project; None for an app that has none.
        wanted: How to synthesize.
        cache: Where environments are kept.

    Raises:
        EnvironmentFailedError: The dependencies cannot be installed.
        SynthesisFailedError: The app cannot be synthesized.

    """
    environment = python_environment(project, cache=cache, lock=wanted.lock)
    side = _Revision(label=str(project), project=project, commit=None, environment=environment)
    return _environment(side, config, wanted, cache)


def _revision(
    repository: Repository, commit: str | None, wanted: Wanted, cache: Path, stack: ExitStack
) -> _Revision:
    if commit is None:
        label, project = "the working tree", repository.top / repository.within
    else:
        label = repository.short(commit)
        project = stack.enter_context(repository.worktree(commit))
    environment = python_environment(project, cache=cache, lock=wanted.lock)
    return _Revision(label=label, project=project, commit=commit, environment=environment)


def _files(before: _Revision, after: _Revision, wanted: Wanted) -> list[str | None]:
    """Return the configuration files to synthesize; a single None for an app that has none."""
    if wanted.configs:
        for file in wanted.configs:
            if not any((side.project / file).is_file() for side in (before, after)):
                raise NoConfigurationError(
                    f"--config: {file} is neither in {before.label} nor in {after.label}; give a path "
                    "within the project, such as config/prod.yaml"
                )
        return list(wanted.configs)
    found = sorted({file for side in (before, after) for file in _all_configs(side.project)})
    return list(found) or [None]


def _all_configs(project: Path) -> Iterator[str]:
    """Yield the files beside the one that `cdk.json` names by its context key `config`."""
    default = read_cdk_json(project).context.get("config")
    if not isinstance(default, str) or not default.endswith((".yaml", ".yml")):
        return
    folder = Path(default).parent
    for pattern in ("*.yaml", "*.yml"):
        for file in (project / folder).glob(pattern):
            yield str(folder / file.name)


def _start(
    pool: ThreadPoolExecutor, side: _Revision, file: str | None, wanted: Wanted, cache: Path
) -> "Future[Environment] | None":
    if file is not None and not (side.project / file).is_file():
        return None
    return pool.submit(_environment, side, file, wanted, cache)


def _environment(side: _Revision, file: str | None, wanted: Wanted, cache: Path) -> Environment:
    configured = (
        Configured(path=file, text=(side.project / file).read_text(encoding="utf-8")) if file else None
    )
    context = {**wanted.context, **({"config": file} if file else {})}
    try:
        assembly = _assembly(side, context, cache)
    except SynthesisFailedError as error:
        where = f"{side.label}: {file}" if file else side.label
        raise SynthesisFailedError(f"{where}: cannot be synthesized: {error}") from None
    return Environment(assembly=assembly, configuration=configured)


def _assembly(side: _Revision, context: Mapping[str, str], cache: Path) -> Assembly:
    if side.commit is None:
        # It is read at once, so nothing of it has to stay.
        with tempfile.TemporaryDirectory(prefix="ecs-envoy-diff-") as folder:
            return synthesize(
                side.project, Path(folder) / "cdk.out", environment=side.environment, context=context
            )
    account = [os.environ.get(name, "") for name in ("CDK_DEFAULT_ACCOUNT", "CDK_DEFAULT_REGION")]
    settings = [f"{name}={value}" for name, value in sorted(context.items())]
    name = key(
        version("ecs-envoy"), side.commit, side.project.name, side.environment.key, *account, *settings
    )
    folder = cache / "assemblies" / name
    with locked(folder):
        if not is_complete(folder):
            shutil.rmtree(folder, ignore_errors=True)
            synthesize(side.project, folder, environment=side.environment, context=context)
            complete(folder)
    return read_assembly(folder)


def _named(
    pairs: Sequence[_Found],
) -> dict[str, Pair]:
    """Return the pairs by the environments' names; by the files' names where two have the same one."""
    pairs = list(_with_moved_files(pairs))
    names = [_name(file, after or before) for file, before, after in pairs]
    return {
        name if names.count(name) == 1 else str(file): (before, after)
        for name, (file, before, after) in zip(names, pairs, strict=True)
    }


def _with_moved_files(pairs: Sequence[_Found]) -> Iterator[_Found]:
    """Yield the pairs, with a file that is gone and a new one of the same environment as one pair."""
    gone = [(_name(file, before), before) for file, before, after in pairs if after is None]
    new = [_name(file, after) for file, before, after in pairs if before is None]
    moved = {name: old for name, old in gone if [n for n, _ in gone].count(name) == new.count(name) == 1}
    for file, before, after in pairs:
        name = _name(file, after or before)
        if name not in moved or (before and after):
            yield file, before, after
        elif before is None:
            yield file, moved[name], after


def _name(file: str | None, environment: Environment | None) -> str:
    if file is None:
        return "app"
    configured = environment.configuration if environment else None
    return (_environment_name(configured.text) if configured else None) or Path(file).stem


def _environment_name(text: str) -> str | None:
    """Return the name of the environment that a configuration file describes; None if it describes none."""
    try:
        values = yaml.safe_load(text)
    except yaml.YAMLError:
        return None  # the app says what is wrong with it, or knows a kind of YAML of its own
    match values:
        case {"environment": str(name)}:
            return name
        case _:
            return None
