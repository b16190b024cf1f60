"""How the memory of the proxy's task is shared out."""

from collections.abc import Collection

SIDECARS_MIB = {
    "discovery": 96,  # it takes some 40 (bench/discovery.md)
    "collector": 128,  # its memory limiter drops data at 100
    "datadog-agent": 256,  # "Amazon ECS on AWS Fargate" in Datadog's documentation: its task's memory
    "datadog-log-router": 64,  # "Using AWS for Fluent Bit": a soft limit of 50 for it in the examples
}
"""The memory of each container that may stand beside Envoy, by its name."""

ENVOY_LEAST_MIB = 128
"""
With ten services of ten methods and 200 tasks Envoy takes some 70 (`bench/proxy_cost.md`); its overload
manager lets its heap have four fifths of what it is given.
"""


def sidecars(*, discovery: bool, collector: bool, datadog: bool, datadog_log: bool) -> list[str]:
    """Return the names of the containers that stand beside Envoy."""
    there = {
        "discovery": discovery,
        "collector": collector,
        "datadog-agent": datadog,
        "datadog-log-router": datadog_log,
    }
    return [name for name, wanted in there.items() if wanted]


def envoy_memory_mib(task_memory_mib: int, sidecars: Collection[str] = ()) -> int:
    """Return what is left for Envoy of the task's memory beside the containers named `sidecars`."""
    return task_memory_mib - sum(SIDECARS_MIB[name] for name in sidecars)


def memory_problem(task_memory_mib: int, sidecars: Collection[str]) -> str | None:
    """Return why Envoy has too little memory beside `sidecars`, and what to give; None if it has enough."""
    left = envoy_memory_mib(task_memory_mib, sidecars)
    if left >= ENVOY_LEAST_MIB:
        return None
    taken = ", ".join(f"{name} ({SIDECARS_MIB[name]})" for name in SIDECARS_MIB if name in sidecars)
    need = ENVOY_LEAST_MIB + sum(SIDECARS_MIB[name] for name in sidecars)
    size = next(size for size in (512, 1024, 2048) if size >= need)
    return (
        f"{task_memory_mib} MiB leave {max(left, 0)} for Envoy beside {taken}, "
        f"and it needs {ENVOY_LEAST_MIB}; give {size}"
    )
