"""The command of Envoy's container, which contains the whole bootstrap."""

import math
from collections.abc import Sequence

from ecs_envoy.plan.packed_bootstrap import pack
from ecs_envoy.plan.task_definition_size import RESERVED_BYTES, TASK_DEFINITION_BYTES, json_bytes


class BootstrapTooLargeError(ValueError):
    """Envoy's bootstrap does not fit the task definition, not even packed."""


def envoy_command(bootstrap: str, *, cpu: int, sidecar_settings: Sequence[str] = ()) -> list[str]:
    """Return Envoy's arguments. They contain the whole `bootstrap`, so rollbacks restore it.

    It is plain, so that diffs show it, as long as it fits a task definition; then it is packed.

    Args:
        bootstrap: The bootstrap as JSON.
        cpu: The task's CPU units.
        sidecar_settings: The settings of the sidecars, which are in the same task definition.

    Raises:
        BootstrapTooLargeError: The bootstrap does not fit the task definition, not even packed.

    """
    most = TASK_DEFINITION_BYTES - RESERVED_BYTES - sum(map(json_bytes, sidecar_settings))
    return [
        "--config-yaml",
        bootstrap if json_bytes(bootstrap) <= most else _packed(bootstrap, most),
        # By default Envoy starts a worker for each CPU of the host, and each worker balances separately.
        "--concurrency",
        str(max(1, math.ceil(cpu / 1024))),
        # There is never a previous Envoy in the same container to hot-restart from.
        "--disable-hot-restart",
        "--log-level",
        "info",
    ]


def _packed(bootstrap: str, most: int) -> str:
    if "${Token[" in bootstrap:
        raise BootstrapTooLargeError(
            "the proxy's bootstrap has to be packed, and a part of it is known only at deployment; "
            "give names as text, or route fewer services through this proxy"
        )
    packed = pack(bootstrap)
    if (size := json_bytes(packed)) > most:
        raise BootstrapTooLargeError(
            f"the proxy's bootstrap takes {size} bytes when it is packed, {size - most} more than the {most} "
            "that fit the task definition; route fewer services through this proxy and the others through a "
            "second one (key proxies)"
        )
    return packed
