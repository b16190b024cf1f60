"""Draws Envoy's memory during the abuses, against the limit of its container."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from bench.abuse.world import CONTAINER_MIB, Outcome


def draw_memory(outcomes: Sequence[Outcome], path: Path) -> None:
    """Write the picture of all `outcomes`, one after the other, to `path`."""
    figure: Any = Figure(figsize=(10.0, 5.2), layout="constrained")
    axis = figure.subplots()
    begin = 0.0
    for number, outcome in enumerate(outcomes, 1):
        times = [begin + seconds for seconds, _ in outcome.memory]
        axis.plot(times, [mib for _, mib in outcome.memory], color=f"C{number % 2}", linewidth=1.2)
        axis.annotate(str(number), (begin, 2), fontsize="small", color=f"C{number % 2}")
        begin = times[-1]
    axis.axhline(CONTAINER_MIB, color="red", linewidth=1.4)
    axis.annotate("the container's memory", (0, CONTAINER_MIB - 14), color="red", fontsize="small")
    axis.set_xlabel("seconds; each abuse has a new Envoy, and its number in the table")
    axis.set_ylabel("Envoy's memory, MiB")
    axis.set_xlim(0, begin)
    axis.set_ylim(0, CONTAINER_MIB * 1.05)
    axis.grid(alpha=0.3)
    figure.suptitle("Envoy's memory while one client abuses it")
    figure.savefig(path, dpi=110)
