"""How the memory of the proxy's task is shared out."""

DISCOVERY_MEMORY_MIB = 96
"""The sidecar's part, if there is one; it takes some 40 MiB (`bench/discovery.md`)."""


def envoy_memory_mib(task_memory_mib: int, *, sidecar: bool) -> int:
    """Return what is left for Envoy of the task's memory; its overload manager follows from it."""
    return task_memory_mib - (DISCOVERY_MEMORY_MIB if sidecar else 0)
