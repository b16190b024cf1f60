"""Packages that only some configurations need: extras of the wheel."""

from collections.abc import Generator
from contextlib import contextmanager


class MissingExtraError(ValueError):
    """A setting needs a package that is not installed."""


@contextmanager
def extra(name: str, setting: str) -> Generator[None]:
    """Guard a block that imports packages of the extra `name`, which `setting` needs.

    Raises:
        MissingExtraError: A package is not installed; the message says how to install it.

    """
    try:
        yield
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package.startswith("ecs_envoy"):
            raise
        raise MissingExtraError(
            f"{setting} needs the package {package}; install it with pip install 'ecs-envoy[{name}]'"
        ) from None
