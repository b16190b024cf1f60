"""Which CPU and memory go together on Fargate ("Fargate task definition differences": task size)."""

GIB = 1024

MEMORY_MIB: dict[int, tuple[int, ...]] = {
    256: (512, 1024, 2048),
    512: tuple(range(1 * GIB, 4 * GIB + 1, GIB)),
    1024: tuple(range(2 * GIB, 8 * GIB + 1, GIB)),
    2048: tuple(range(4 * GIB, 16 * GIB + 1, GIB)),
    4096: tuple(range(8 * GIB, 30 * GIB + 1, GIB)),
    8192: tuple(range(16 * GIB, 60 * GIB + 1, 4 * GIB)),
    16384: tuple(range(32 * GIB, 120 * GIB + 1, 8 * GIB)),
}
"""The memory sizes in MiB that Fargate offers, by CPU units (1024 are one vCPU)."""


def size_problem(cpu: int, memory: int) -> str | None:
    """Return why Fargate does not offer `memory` MiB with `cpu` CPU units, a valid size; None if it does."""
    sizes = list(MEMORY_MIB[cpu])
    if memory not in sizes:
        step = f" in steps of {sizes[1] - sizes[0]}" if len(sizes) > 3 else ""
        offered = f"{sizes[0]} to {sizes[-1]}{step}" if step else ", ".join(map(str, sizes))
        return f"Fargate does not offer {memory} MiB with {cpu} CPU units; give memory: {offered}"
    return None
