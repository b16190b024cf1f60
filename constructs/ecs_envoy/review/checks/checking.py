"""How both sides of a comparison were checked."""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ecs_envoy.review.assembly.findings import Finding
from ecs_envoy.review.assembly.reading import Stack
from ecs_envoy.review.checks.bootstraps import bootstrap_checks
from ecs_envoy.review.checks.lint import LintFailedError, lint
from ecs_envoy.review.comment.page import code
from ecs_envoy.review.comparison import Comparison
from ecs_envoy.review.sections import Checks


def checks(comparison: Comparison) -> Checks:
    """Return what both assemblies bring with them: findings of cdk-nag and the CDK that are new or gone."""
    if comparison.head is None:
        return Checks()
    after = comparison.head.assembly
    before = comparison.base.assembly if comparison.base else None
    found = after.findings
    done: list[str] = []
    for plugin in after.checked_by:
        count = _count(sum(finding.tool == plugin for finding in found))
        # What an older revision of the app did not ask for is not new.
        unknown = before is not None and plugin not in before.checked_by
        done.append(
            f"{code(plugin)}: {count}{', and what is compared with was not checked' if unknown else ''}"
        )
        if unknown:
            found = tuple(finding for finding in found if finding.tool != plugin)
    return joined(Checks(done=tuple(done)), compared_findings(before.findings if before else (), found))


def check_all(
    comparisons: Sequence[Comparison], *, project: Path, with_lint: bool = True
) -> Mapping[str, Checks]:
    """Return how each environment was checked, by its name, with the tools of this machine.

    cfn-lint looks at the templates that differ, all of them in one process, and Envoy at the bootstraps that
    differ, at the same time.

    Args:
        comparisons: The environments.
        project: The folder in which cfn-lint looks for its own settings.
        with_lint: Whether cfn-lint is run.

    """
    with ThreadPoolExecutor() as pool:
        linted = pool.submit(_lint, comparisons, project) if with_lint else None
        by_envoy = {c.name: pool.submit(bootstrap_checks, c) for c in comparisons}
        found = {
            c.name: joined(checks(c), by_envoy[c.name].result()) for c in comparisons if c.head is not None
        }
        if linted is not None:
            for name, more in linted.result().items():
                found[name] = joined(found[name], more)
    return found


def _lint(comparisons: Sequence[Comparison], project: Path) -> Mapping[str, Checks]:
    """Return what cfn-lint says to the templates that differ, of each environment that has some."""
    pairs = {c.name: _differing(c) for c in comparisons if c.head is not None}
    sides = {
        (name, side): templates
        for name, pair in pairs.items()
        for side, templates in pair.items()
        if templates
    }
    if not sides:
        return {}
    names = {name for name, _ in sides}
    try:
        found = lint(sides, project=project)
    except LintFailedError as error:
        return {name: Checks(done=(str(error),)) for name in names}
    if found is None:
        missing = "cfn-lint is not installed, so no template was linted: `pip install 'ecs-envoy[review]'`"
        return {name: Checks(done=(missing,)) for name in names}
    return {
        name: joined(
            Checks(done=(_linted(len(pairs[name]["head"]), found.get((name, "head"), [])),)),
            compared_findings(found.get((name, "base"), []), found.get((name, "head"), [])),
        )
        for name in names
    }


def _linted(templates: int, found: Sequence[Finding]) -> str:
    differ = f"{templates} {'template differs' if templates == 1 else 'templates differ'}"
    return f"cfn-lint: {differ}, {_count(len(found))}"


def _differing(comparison: Comparison) -> Mapping[str, Sequence[Stack]]:
    """Return the stacks of both sides whose templates differ."""
    before: Mapping[str, Stack] = comparison.base.assembly.stacks if comparison.base else {}
    after: Mapping[str, Stack] = comparison.head.assembly.stacks if comparison.head else {}
    differ = {
        name
        for name in before.keys() | after.keys()
        if name not in before or name not in after or before[name].template != after[name].template
    }
    return {
        "base": [before[name] for name in sorted(differ & before.keys() & after.keys())],
        "head": [after[name] for name in sorted(differ & after.keys())],
    }


def compared_findings(before: Iterable[Finding], after: Iterable[Finding]) -> Checks:
    """Return the findings that are new or gone; the line of a template does not matter."""
    old, new = {f.identity: f for f in before}, {f.identity: f for f in after}
    return Checks(
        new=tuple(_text(found) for identity, found in new.items() if identity not in old),
        gone=tuple(_text(found) for identity, found in old.items() if identity not in new),
    )


def _text(found: Finding) -> str:
    what = " ".join(
        part for part in (found.tool, code(found.rule) if found.rule else "", found.level) if part
    )
    return f"{what}: {_plain(found.text)}{f' ({code(found.place)})' if found.place else ''}"


def _plain(text: str) -> str:
    """Return a tool's own text without what the comment would take for code or bold."""
    return text.replace("`", "'").replace("**", "*")


def _count(number: int) -> str:
    return "no finding" if not number else f"{number} finding{'' if number == 1 else 's'}"


def joined(first: Checks, second: Checks) -> Checks:
    """Return what both say."""
    return Checks(done=first.done + second.done, new=first.new + second.new, gone=first.gone + second.gone)
