"""`ecs-envoy diff`: says what a change would deploy."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import click

from ecs_envoy.cli.checkout import CHECKOUT, NO_CHECKOUT, is_checkout
from ecs_envoy.cli.context_option import context_values
from ecs_envoy.cli.ending import BAD_INPUT, FAILED, fail
from ecs_envoy.cli.whole_file import write_whole
from ecs_envoy.configuration import ConfigurationError
from ecs_envoy.review.assembly.reading import BadAssemblyError, read_assembly
from ecs_envoy.review.checks.checking import check_all, joined
from ecs_envoy.review.checks.rehearsing import rehearsal_checks
from ecs_envoy.review.comment.json_form import json_form
from ecs_envoy.review.comment.markdown import LONGEST, markdown
from ecs_envoy.review.comment.terminal import terminal
from ecs_envoy.review.comment.web import web
from ecs_envoy.review.comment.wording import page
from ecs_envoy.review.comparison import Comparison, Environment, compare
from ecs_envoy.review.cost.prices import BadPricesError, prices_with
from ecs_envoy.review.gates import BadGateError, failures, read_gates
from ecs_envoy.review.resources.template_diff import NoDiffLibraryError
from ecs_envoy.review.reviewing import review
from ecs_envoy.review.revisions.cache import cache_folder, remove_unused
from ecs_envoy.review.revisions.git import GitError, repository
from ecs_envoy.review.revisions.python_environment import EnvironmentFailedError
from ecs_envoy.review.revisions.sides import NoConfigurationError, Pair, Wanted, synthesize_sides
from ecs_envoy.review.revisions.synthesis import SynthesisFailedError
from ecs_envoy.review.sections import CareKind, Checks, EnvironmentReview

_FORMATS = ("terminal", "markdown", "json", "html")


@click.command(short_help="Say what a change would deploy.")
@click.argument("base", required=False)
@click.argument("head", required=False)
@click.option(
    "--config",
    "configs",
    multiple=True,
    metavar="FILE",
    help="a configuration file, within the project; by default all beside the one that cdk.json names",
)
@click.option(
    "--context", "contexts", multiple=True, metavar="KEY=VALUE", help="context for the app, as for cdk synth"
)
@click.option("--lock", metavar="FILE", help="the lock file; by default uv.lock or requirements.txt")
@click.option("--format", "form", type=click.Choice(_FORMATS), help="terminal by default")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="the file to write it to")
@click.option(
    "--max-characters", type=click.IntRange(1000), default=LONGEST, show_default=True, help="of Markdown"
)
@click.option("--prices", type=click.Path(path_type=Path, dir_okay=False), help="a file of your own prices")
@click.option("--lint/--no-lint", default=True, help="whether cfn-lint looks at the templates that differ")
@click.option(
    "--rehearse",
    "rehearsed",
    is_flag=True,
    help="rehearse each configuration that differs, which takes minutes; HEAD has to be the working tree",
)
@click.option(
    "--fail-on",
    default="",
    metavar="GATES",
    help=f"exit with 1 on any of {', '.join(k.value for k in CareKind)}, cost:+10% or cost:+25",
)
def diff(
    base: str | None,
    head: str | None,
    configs: Sequence[str],
    contexts: Sequence[str],
    lock: str | None,
    form: str | None,
    output: Path | None,
    max_characters: int,
    prices: Path | None,
    *,
    lint: bool,
    rehearsed: bool,
    fail_on: str,
) -> None:
    """Say what would be deployed, what restarts, who gains access and what it costs, if HEAD replaced BASE.

    BASE and HEAD are git revisions: by default the commit in which this branch left the default branch, and
    the working tree. Or they are two folders that cdk synth wrote. It needs no AWS account and no Docker.

    \b
    Examples:
      ecs-envoy diff
      ecs-envoy diff main --config config/prod.yaml
      ecs-envoy diff v1.4 v1.5 --format markdown
      ecs-envoy diff /tmp/before/cdk.out cdk.out

    Exit status: 0 success, 1 a gate of --fail-on, 2 bad input.
    """
    try:
        gates = read_gates(fail_on)
        wanted = Wanted(configs=tuple(configs), context=context_values(contexts), lock=lock)
        table = prices_with(prices) if prices else None
        if rehearsed:
            _check_rehearsal(base, head)
        comparisons, compared = _comparisons(base, head, wanted)
        checked = check_all(comparisons, project=Path.cwd(), with_lint=lint)
        if rehearsed:
            checked = _with_rehearsals(comparisons, checked)
    except (
        BadAssemblyError,
        BadGateError,
        BadPricesError,
        ConfigurationError,
        EnvironmentFailedError,
        GitError,
        NoConfigurationError,
        NoDiffLibraryError,
        NoRehearsalError,
        SynthesisFailedError,
    ) as error:
        fail(f"ecs-envoy diff: {error}", BAD_INPUT)
    reviews = [review(comparison, table, checked.get(comparison.name)) for comparison in comparisons]
    _write(_written(form or "terminal", reviews, compared, max_characters), output)
    if reasons := failures(gates, reviews):
        fail("\n".join(f"ecs-envoy diff: --fail-on: {reason}" for reason in reasons), FAILED)


class NoRehearsalError(ValueError):
    """What is compared cannot be rehearsed; the message says why."""


def _check_rehearsal(base: str | None, head: str | None) -> None:
    if head is not None or (base is not None and Path(base).is_dir()):
        raise NoRehearsalError(
            f"--rehearse: it deploys the working tree, and HEAD is {head}; leave HEAD out"
            if head
            else f"--rehearse: it deploys the working tree, and {base} is a folder; give revisions"
        )
    if not is_checkout():
        raise NoRehearsalError(f"--rehearse: {NO_CHECKOUT}")


def _with_rehearsals(
    comparisons: Sequence[Comparison], checked: Mapping[str, Checks]
) -> Mapping[str, Checks]:
    """Return `checked` with the figures of a rehearsal of each configuration in which something differs."""
    found = dict(checked)
    for comparison in comparisons:
        head = comparison.head
        if head and head.configuration and comparison.changes.resources:
            rehearsal = rehearsal_checks(Path(head.configuration.path), checkout=CHECKOUT)
            found[comparison.name] = joined(found.get(comparison.name, Checks()), rehearsal)
    return found


def _comparisons(base: str | None, head: str | None, wanted: Wanted) -> tuple[Sequence[Comparison], str]:
    """Return the comparison of each environment, and what was compared."""
    cache = cache_folder()
    if base is not None and Path(base).is_dir():
        pairs, compared = _folders(base, head)
    else:
        pairs, compared = _revisions(base, head, wanted, cache)
    comparisons = compare(pairs, project=Path.cwd(), cache=cache)
    remove_unused(cache)
    return comparisons, compared


def _folders(base: str, head: str | None) -> tuple[dict[str, Pair], str]:
    if head is None or not Path(head).is_dir():
        raise BadAssemblyError(
            f"{base} is a folder, so HEAD has to be one, too; give two folders that cdk synth wrote, or two "
            f"revisions (a branch with the name of a folder is refs/heads/{base})"
        )
    pair = (Environment(assembly=read_assembly(Path(base))), Environment(assembly=read_assembly(Path(head))))
    return {"app": pair}, f"compared {base} with {head}"


def _revisions(
    base: str | None, head: str | None, wanted: Wanted, cache: Path
) -> tuple[dict[str, Pair], str]:
    found = repository(Path.cwd())
    after = found.commit(head) if head else None
    before = (
        found.commit(base) if base else found.merge_base(found.commit(found.default_branch()), head or "HEAD")
    )
    pairs, locked = synthesize_sides(found, before, after, wanted, cache=cache)
    of = f"{base} ({found.short(before)})" if base else found.short(before)
    to = f"{head} ({found.short(after)})" if after else "the working tree"
    packages = "" if locked else "; both with the packages of this Python, since there is no lock file"
    return pairs, f"compared {of} with {to}{packages}"


def _written(form: str, reviews: Sequence[EnvironmentReview], compared: str, max_characters: int) -> str:
    if form == "json":
        return json_form(reviews, compared=compared)
    found = page(reviews, compared=compared)
    write: dict[str, Callable[[], str]] = {
        "terminal": lambda: terminal(found),
        "markdown": lambda: markdown(found, longest=max_characters),
        "html": lambda: web(found),
    }
    return write[form]()


def _write(text: str, output: Path | None) -> None:
    if output is None:
        # Without a terminal `click.echo` leaves the styles out.
        click.echo(text, nl=False)
        return
    try:
        write_whole(output, click.unstyle(text))
    except OSError as error:
        cure = "give a file in a folder that exists and has free space"
        fail(f"{output}: cannot be written: {error.strerror}; {cure}", BAD_INPUT)
