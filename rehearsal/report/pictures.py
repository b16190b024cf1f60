"""Draws CPU by task over time, on the same axes before and after, and calls by task during the changes."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from rehearsal.course.outcome import Change
from rehearsal.load.calls import Call

WIDTH_INCHES, ROW_INCHES = 8.0, 2.1

Line = tuple[list[float], list[float]]
"""Times in seconds since the beginning, and the CPU percent at each."""


@dataclass(frozen=True, kw_only=True)
class State:
    """The CPU of every task over time, in one state.

    Attributes:
        title: The state's title.
        services: The lines by service, then by task.

    """

    title: str
    services: Mapping[str, Mapping[str, Line]]


def draw_states(before: State, after: State, folder: Path) -> list[Path]:
    """Write `before.png` and `after.png` to `folder`, on the same axes."""
    lines = [
        line for state in (before, after) for tasks in state.services.values() for line in tasks.values()
    ]
    max_seconds = max((max(times, default=0.0) for times, _ in lines), default=1.0)
    max_percent = max((max(percents, default=0.0) for _, percents in lines), default=1.0)
    limits = (max_seconds, 1.1 * max(max_percent, 1.0))
    return [
        _draw_state(before, limits, folder / "before.png"),
        _draw_state(after, limits, folder / "after.png"),
    ]


def _draw_state(state: State, limits: tuple[float, float], path: Path) -> Path:
    figure: Any = Figure(figsize=(WIDTH_INCHES, ROW_INCHES * len(state.services) + 0.6), layout="constrained")
    axes = figure.subplots(len(state.services), 1, sharex=True, squeeze=False)
    for (service, tasks), (axis,) in zip(state.services.items(), axes, strict=True):
        for task, (times, percents) in tasks.items():
            axis.plot(times, percents, label=task, linewidth=1.6)
        axis.set_ylabel(f"{service}\nCPU %")
        axis.set_xlim(0, limits[0])
        axis.set_ylim(0, limits[1])
        axis.grid(alpha=0.3)
        axis.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize="small", frameon=False)
    axes[-1][0].set_xlabel("seconds")
    figure.suptitle(state.title)
    figure.savefig(path, dpi=110)
    return path


def draw_changes(
    calls: Sequence[Call], tasks: Mapping[str, str], changes: Sequence[Change], folder: Path
) -> Path:
    """Write `changes.png` to `folder`: each task's calls a second during the changes of its service.

    Args:
        calls: The calls to the service.
        tasks: The names of its tasks, by their `address:port`.
        changes: The changes, in order; at least one.
        folder: Where to write.

    """
    begin, end = changes[0].begin - 5, changes[-1].end
    counts: dict[str, Counter[int]] = {}
    for call in calls:
        name = tasks.get(call.task or "")
        if name and begin <= call.at < end:
            counts.setdefault(name, Counter())[int(call.at - begin)] += 1
    figure: Any = Figure(figsize=(WIDTH_INCHES, 3.6), layout="constrained")
    axis = figure.subplots()
    seconds = range(int(end - begin))  # without the last, incomplete second, which would look like a drop
    for task in tasks.values():
        if task in counts:
            axis.plot(seconds, [counts[task][second] for second in seconds], label=task, linewidth=1.4)
    for number, change in enumerate(changes, 1):
        axis.axvline(change.begin - begin, color="black", linestyle=":", linewidth=1)
        axis.annotate(
            change.what,
            (change.begin - begin, 1),
            xycoords=("data", "axes fraction"),
            xytext=(3, -11 * number),  # each one below the one before
            textcoords="offset points",
            fontsize="small",
        )
    axis.set_xlabel("seconds")
    axis.set_ylabel("calls a second")
    axis.set_xlim(0, end - begin)
    axis.set_ylim(bottom=0, top=axis.get_ylim()[1] * 1.15)
    axis.grid(alpha=0.3)
    axis.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize="small", frameon=False)
    figure.suptitle(f"{changes[0].service}: calls by task during the changes")
    path = folder / "changes.png"
    figure.savefig(path, dpi=110)
    return path
