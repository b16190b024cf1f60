"""The command and the check of Envoy's container."""

import json
import math

from aws_cdk import Duration
from aws_cdk import aws_ecs as ecs

import envoy_config

TASK_DEFINITION_BYTES = 64 * 1024
"""The most that ECS registers ("Amazon ECS service quotas": task definition size)."""

RESERVED_BYTES = 4 * 1024
"""What the rest of the proxy's task definition may take; it measures 1.6 KB in `config/example.yaml`."""


class BootstrapTooLargeError(ValueError):
    """Envoy's bootstrap does not fit a task definition."""


def envoy_command(bootstrap: str, *, cpu: int) -> list[str]:
    """Return Envoy's arguments: the whole `bootstrap`, so that a diff shows it and a rollback brings it back.

    Args:
        bootstrap: The bootstrap as JSON.
        cpu: The task's CPU units.

    Raises:
        BootstrapTooLargeError: It does not fit a task definition.

    """
    size = len(json.dumps(bootstrap))
    most = TASK_DEFINITION_BYTES - RESERVED_BYTES
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


def ready_check(proxy: envoy_config.Proxy) -> ecs.HealthCheck:
    """Return the check that Envoy's admin answers `/ready` with 200; by bash, since the image has no curl."""
    return ecs.HealthCheck(
        command=["CMD", "/bin/bash", "-c", ready_script(proxy.admin_address, proxy.admin_port)],
        interval=Duration.seconds(5),
        timeout=Duration.seconds(3),
        retries=3,
        start_period=Duration.seconds(10),
    )


def ready_script(address: str, port: int) -> str:
    """Return the bash script that succeeds while the Envoy whose admin listens there is ready."""
    return (
        f"exec 3<>/dev/tcp/{address}/{port}"
        " && printf 'GET /ready HTTP/1.1\\r\\nHost: envoy\\r\\nConnection: close\\r\\n\\r\\n' >&3"
        " && read -r -t 2 -u 3 _ status _"
        ' && [ "$status" = 200 ]'
    )
