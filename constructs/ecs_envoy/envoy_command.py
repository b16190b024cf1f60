"""The command of Envoy's container, its whole bootstrap included."""

import json
import math

TASK_DEFINITION_BYTES = 64 * 1024
"""The most that ECS registers ("Amazon ECS service quotas": task definition size)."""

RESERVED_BYTES = 4 * 1024
"""What the rest of the task definition may take; it measures 2.2 KB with the sidecar in it."""


class BootstrapTooLargeError(ValueError):
    """Envoy's bootstrap does not fit a task definition."""


def envoy_command(bootstrap: str, *, cpu: int, discovery_settings: str | None = None) -> list[str]:
    """Return Envoy's arguments: the whole `bootstrap`, so that a diff shows it and a rollback brings it back.

    Args:
        bootstrap: The bootstrap as JSON.
        cpu: The task's CPU units.
        discovery_settings: What stands beside it in the task definition, on the sidecar's command line,
            if there is a sidecar.

    Raises:
        BootstrapTooLargeError: It does not fit a task definition.

    """
    size = len(json.dumps(bootstrap))
    most = (
        TASK_DEFINITION_BYTES
        - RESERVED_BYTES
        - (len(json.dumps(discovery_settings)) if discovery_settings else 0)
    )
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
