"""The command of Envoy's container, its whole bootstrap included."""

import json
import math
from collections.abc import Sequence

TASK_DEFINITION_BYTES = 64 * 1024
"""The most that ECS registers ("Amazon ECS service quotas": task definition size)."""

RESERVED_BYTES = 8 * 1024
"""What the rest of the task definition may take; with every sidecar it measures 6 KB (a test holds it)."""


class BootstrapTooLargeError(ValueError):
    """Envoy's bootstrap does not fit a task definition."""


def envoy_command(bootstrap: str, *, cpu: int, beside: Sequence[str] = ()) -> list[str]:
    """Return Envoy's arguments: the whole `bootstrap`, so that a diff shows it and a rollback brings it back.

    Args:
        bootstrap: The bootstrap as JSON.
        cpu: The task's CPU units.
        beside: What else of any length stands in the task definition: what its sidecars are told.

    Raises:
        BootstrapTooLargeError: It does not fit a task definition.

    """
    size = len(json.dumps(bootstrap))
    most = TASK_DEFINITION_BYTES - RESERVED_BYTES - sum(len(json.dumps(text)) for text in beside)
    if size > most:
        raise BootstrapTooLargeError(
            f"the proxy's bootstrap is {size} bytes, {size - most} more than the {most} that fit a task "
            "definition; route fewer services through this proxy and the others through a second one"
        )
    return [
        "--config-yaml",
        bootstrap,
        # Envoy would start a worker for each CPU of the host, and each balances by itself.
        "--concurrency",
        str(max(1, math.ceil(cpu / 1024))),
        # It shares memory with a predecessor in the same container, which is never there.
        "--disable-hot-restart",
        "--log-level",
        "info",
    ]
