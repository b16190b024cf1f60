"""`ecs-envoy cost`: says what an environment costs a month."""

import json
from collections.abc import Sequence
from pathlib import Path

import click

from ecs_envoy.cli.context_option import context_values
from ecs_envoy.cli.ending import BAD_INPUT, fail
from ecs_envoy.review.assembly.reading import BadAssemblyError
from ecs_envoy.review.comparison import side
from ecs_envoy.review.cost.amounts import amounts
from ecs_envoy.review.cost.costing import cost_of
from ecs_envoy.review.cost.prices import BadPricesError, prices_with
from ecs_envoy.review.revisions.cache import cache_folder
from ecs_envoy.review.revisions.python_environment import EnvironmentFailedError
from ecs_envoy.review.revisions.sides import Wanted, synthesize_project
from ecs_envoy.review.revisions.synthesis import SynthesisFailedError
from ecs_envoy.review.sections import Cost


@click.command(short_help="Say what an environment costs a month.")
@click.argument("config", required=False, type=click.Path(path_type=Path))
@click.option(
    "--context", "contexts", multiple=True, metavar="KEY=VALUE", help="context for the app, as for cdk synth"
)
@click.option("--lock", metavar="FILE", help="the lock file; by default uv.lock or requirements.txt")
@click.option("--prices", type=click.Path(path_type=Path, dir_okay=False), help="a file of your own prices")
@click.option(
    "--format", "form", type=click.Choice(["terminal", "json"]), default="terminal", show_default=True
)
def cost(
    config: Path | None, contexts: Sequence[str], lock: str | None, prices: Path | None, form: str
) -> None:
    """Say what CONFIG costs a month, item by item; without CONFIG, what the app in this folder costs.

    It synthesizes the CDK app in this folder, and needs no AWS account. The prices are a dated table.

    \b
    Examples:
      ecs-envoy cost config/example.yaml
      ecs-envoy cost config/example.yaml --prices our-prices.yaml --format json
    """
    if config is not None and not config.is_file():
        fail(f"{config}: cannot be read; give a configuration file, such as config/example.yaml", BAD_INPUT)
    wanted = Wanted(context=context_values(contexts), lock=lock)
    try:
        table = prices_with(prices) if prices else None
        environment = synthesize_project(
            Path.cwd(), str(config) if config else None, wanted, cache=cache_folder()
        )
    except (BadAssemblyError, BadPricesError, EnvironmentFailedError, SynthesisFailedError) as error:
        fail(f"ecs-envoy cost: {error}", BAD_INPUT)
    found = cost_of(side(environment), table)
    click.echo(_json(found) if form == "json" else _terminal(found))


def _terminal(found: Cost) -> str:
    rows = [(line.name.replace("`", ""), line.after, line.after_most) for line in found.lines]
    rows.append(("sum, in USD a month", found.after, found.after_most))
    width = max(len(name) for name, _, _ in rows)
    lines = [f"{name:{width}}  {amounts(least, most):>20}" for name, least, most in rows]
    return "\n".join([*lines, "", *found.assumptions])


def _json(found: Cost) -> str:
    values = {
        "items": [
            {"name": line.name.replace("`", ""), "least": line.after, "most": line.after_most}
            for line in found.lines
        ],
        "least": found.after,
        "most": found.after_most,
        "assumptions": found.assumptions,
    }
    return json.dumps(values, indent=2)
