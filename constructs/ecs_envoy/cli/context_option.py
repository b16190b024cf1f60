"""The option `--context`, as the CDK CLI has it."""

from collections.abc import Sequence

from ecs_envoy.cli.ending import BAD_INPUT, fail


def context_values(pairs: Sequence[str]) -> dict[str, str]:
    """Return the values of `--context KEY=VALUE`, or print what is wrong with one and exit."""
    values: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not name or not equals:
            fail(f"--context: {pair!r} has no value; give KEY=VALUE", BAD_INPUT)
        values[name] = value
    return values
