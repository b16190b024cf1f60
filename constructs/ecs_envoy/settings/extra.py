"""Packages that only some configurations need: extras of the wheel."""

from collections.abc import Generator
from contextlib import contextmanager


class MissingExtraError(ValueError):
    """A package is not installed that a setting needs."""


@contextmanager
def extra(name: str, setting: str) -> Generator[None]:
    """Import what the extra `name` brings in the block of this; `setting` is what needs it.

    Raises:
        MissingExtraError: It is not installed; the message says how to install it.

    """
    try:
        yield
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package.startswith("ecs_envoy"):
            raise
        raise MissingExtraError(
            f"{setting} needs the package {package}; install it by pip install 'ecs-envoy[{name}]'"
        ) from None
