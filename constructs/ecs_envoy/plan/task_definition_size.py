"""The size limit of a task definition."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping

from ecs_envoy.plan.limits import quotas
from envoy_config.settings_error import Finding

TASK_DEFINITION_BYTES = quotas.TASK_DEFINITION_BYTES.usable
"""The largest task definition that ECS accepts."""

RESERVED_BYTES = 10 * 1024
"""Space for the rest of the task definition, which takes 9 KB with every sidecar (a test checks it)."""


def json_bytes(text: str) -> int:
    """Return the size of `text` as JSON in bytes, including the quotes."""
    return len(json.dumps(text))


MAX_TEXTS_BYTES = TASK_DEFINITION_BYTES - RESERVED_BYTES
"""Space for the user's own texts."""


def texts_bytes(environment: Mapping[str, str], texts: Iterable[str]) -> int:
    """Return the size of the variables `environment` and of `texts`, such as arguments, as JSON in bytes."""
    variables = sum(json_bytes(name) + json_bytes(value) for name, value in environment.items())
    return variables + sum(map(json_bytes, texts))


def environment_problems(environment: Mapping[str, str], secrets: Collection[str]) -> Iterator[Finding]:
    """Yield why a container cannot have these variables, and what to do.

    Args:
        environment: The variables' values.
        secrets: The names of the variables that come from secrets.

    """
    for variable in sorted(environment.keys() & set(secrets)):
        yield ("secrets", variable), "is also a variable under environment; remove one of the two"
    size, most = texts_bytes(environment, ()), MAX_TEXTS_BYTES
    if size > most:
        yield (
            ("environment",),
            (
                f"takes {size} bytes, more than the {most} that fit a task definition; "
                "put large values where the server can read them, such as S3"
            ),
        )
