"""The command of Envoy's container, which contains the whole bootstrap."""

import math
from collections.abc import Sequence

from ecs_envoy.plan.task_definition_size import RESERVED_BYTES, TASK_DEFINITION_BYTES, json_bytes


class BootstrapTooLargeError(ValueError):
    """Envoy's bootstrap does not fit a task definition."""


def envoy_command(bootstrap: str, *, cpu: int, sidecar_settings: Sequence[str] = ()) -> list[str]:
    """Return Envoy's arguments. They contain the whole `bootstrap`: diffs show it, and rollbacks restore it.

    Args:
        bootstrap: The bootstrap as JSON.
        cpu: The task's CPU units.
        sidecar_settings: The settings of the sidecars, which are in the same task definition.

    Raises:
        BootstrapTooLargeError: The bootstrap does not fit a task definition.

    """
    size = json_bytes(bootstrap)
    most = TASK_DEFINITION_BYTES - RESERVED_BYTES - sum(map(json_bytes, sidecar_settings))
    if size > most:
        raise BootstrapTooLargeError(
            f"the proxy's bootstrap is {size} bytes, {size - most} more than the {most} that fit a task "
            "definition; route fewer services through this proxy and the others through a second one"
        )
    return [
        "--config-yaml",
        bootstrap,
        # By default Envoy starts a worker for each CPU of the host, and each worker balances separately.
        "--concurrency",
        str(max(1, math.ceil(cpu / 1024))),
        # There is never a previous Envoy in the same container to hot-restart from.
        "--disable-hot-restart",
        "--log-level",
        "info",
    ]
