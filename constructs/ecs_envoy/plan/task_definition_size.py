"""What fits a task definition."""

import json
from collections.abc import Collection, Iterator, Mapping

from envoy_config.settings_error import Finding

TASK_DEFINITION_BYTES = 64 * 1024
"""The most that ECS registers ("Amazon ECS service quotas": task definition size)."""

RESERVED_BYTES = 8 * 1024
"""What the rest of the task definition may take; with every sidecar it measures 6 KB (a test holds it)."""


def json_bytes(text: str) -> int:
    """Return how many bytes `text` takes as JSON, quotes included."""
    return len(json.dumps(text))


def environment_problems(environment: Mapping[str, str], secrets: Collection[str]) -> Iterator[Finding]:
    """Yield why variables cannot be given to a container, with what would do.

    Args:
        environment: The variables' values.
        secrets: The names of those that come from secrets.

    """
    for variable in sorted(environment.keys() & set(secrets)):
        yield ("secrets", variable), "is a variable under environment too; remove one of the two"
    size = sum(json_bytes(name) + json_bytes(value) for name, value in environment.items())
    most = TASK_DEFINITION_BYTES - RESERVED_BYTES
    if size > most:
        yield (
            ("environment",),
            (
                f"takes {size} bytes, more than the {most} that fit a task definition; "
                "put large values where the server can read them, such as S3"
            ),
        )
