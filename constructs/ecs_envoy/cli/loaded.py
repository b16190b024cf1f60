"""The configuration file that a command is given."""

from pathlib import Path

import click

from ecs_envoy.cli.ending import BAD_INPUT, fail
from ecs_envoy.configuration import Configuration, ConfigurationError, load_configuration
from ecs_envoy.configuration.plans import proxy_task
from ecs_envoy.configuration.proxies.views import UnknownProxyError, the_view
from ecs_envoy.plan.envoy_command import BootstrapTooLargeError

CONFIG = click.argument("config", type=click.Path(path_type=Path))
PROXY = click.option("--proxy", metavar="NAME", help="which proxy, if the file has several (proxies)")


def load(config: Path) -> Configuration:
    """Return the configuration in the file `config`, or print all mistakes in it and exit."""
    try:
        return load_configuration(config)
    except ConfigurationError as error:
        fail(error, BAD_INPUT)


def load_view(config: Path, proxy: str | None) -> Configuration:
    """Return the configuration with the proxy that was asked for, or print what is wrong and exit."""
    try:
        return the_view(load(config), proxy)
    except UnknownProxyError as error:
        fail(f"{config}: {error}", BAD_INPUT)


def bootstrap_of(config: Path, configuration: Configuration) -> str:
    """Return the bootstrap that `configuration` would deploy, or print what is wrong and exit."""
    try:
        return proxy_task(configuration).bootstrap
    except BootstrapTooLargeError as error:
        fail(f"{config}: {error}", BAD_INPUT)
