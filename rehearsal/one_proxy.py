"""One proxy of a file with several, and the file that is deployed for it alone."""

from pathlib import Path

import yaml

from ecs_envoy.configuration import Configuration
from ecs_envoy.configuration.document import read_document
from ecs_envoy.configuration.proxies.plain import plain_values
from ecs_envoy.configuration.proxies.views import UnknownProxyError, the_view


def chosen_view(config: Path, configuration: Configuration, proxy: str) -> Configuration:
    """Return `configuration` with the proxy that was asked for.

    Raises:
        UnknownProxyError: There is no such proxy.

    """
    try:
        return the_view(configuration, proxy)
    except UnknownProxyError as error:
        raise UnknownProxyError(f"{config}: {error}") from None


def rehearsed_file(config: Path, view: Configuration, out: Path) -> Path:
    """Return the file to deploy: `config`, or one in `out` that has the proxy of `view` alone."""
    if not view.proxies:
        return config
    file = out / f"{config.stem}-{view.proxy.name}.yaml"
    values = plain_values(read_document(config).values, view)
    file.write_text(yaml.safe_dump(values, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return file
