"""`ecs-envoy render`: prints Envoy's bootstrap, or the policy of each method."""

import json
from pathlib import Path

import click
import yaml

from ecs_envoy.cli.loaded import CONFIG, PROXY, bootstrap_of, load_view
from ecs_envoy.cli.policy_table import as_json, as_table, policy_rows


@click.command(short_help="Print Envoy's bootstrap, or the policy of each method.")
@CONFIG
@click.option(
    "--format",
    "form",
    type=click.Choice(["yaml", "json"]),
    default="yaml",
    show_default=True,
    help="json is exactly the text that is deployed; with --policy a list of objects instead of a table",
)
@click.option(
    "--policy",
    is_flag=True,
    help="print the policy of each service and method instead, with where each value comes from",
)
@PROXY
def render(config: Path, form: str, proxy: str | None, *, policy: bool) -> None:
    """Print the Envoy bootstrap that CONFIG would deploy, or with --policy how it treats calls.

    \b
    Examples:
      ecs-envoy render config/example.yaml
      ecs-envoy render --format json config/example.yaml | jq .static_resources.clusters
      ecs-envoy render --policy config/example.yaml
    """
    configuration = load_view(config, proxy)
    if policy:
        rows = policy_rows(config, configuration)
        click.echo(as_json(rows) if form == "json" else as_table(rows))
        return
    text = bootstrap_of(config, configuration)
    click.echo(
        text if form == "json" else yaml.safe_dump(json.loads(text), sort_keys=False), nl=form == "json"
    )
