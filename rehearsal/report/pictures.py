"""CPU by task over time, with the same axes before and after; and calls by task while the system changes."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from rehearsal.course.outcome import Change
from rehearsal.load.calls import Call

INCHES_WIDE, INCHES_A_ROW = 8.0, 2.1

Line = tuple[list[float], list[float]]
"""Seconds since the beginning, and CPU percent."""


@dataclass(frozen=True, kw_only=True)
class State:
    """The CPU of each task of each service over time, in one state.

    Attributes:
        title: What the state is.
        services: The lines by service, then task.

    """

    title: str
    services: Mapping[str, Mapping[str, Line]]


def draw_states(before: State, after: State, folder: Path) -> list[Path]:
    """Write `before.png` and `after.png` to `folder`, on the same axes."""
    lines = [
        line for state in (before, after) for tasks in state.services.values() for line in tasks.values()
    ]
    most_seconds = max((max(times, default=0.0) for times, _ in lines), default=1.0)
    most_percent = max((max(percents, default=0.0) for _, percents in lines), default=1.0)
    limits = (most_seconds, 1.1 * max(most_percent, 1.0))
    return [
        _draw_state(before, limits, folder / "before.png"),
        _draw_state(after, limits, folder / "after.png"),
    ]


def _draw_state(state: State, limits: tuple[float, float], path: Path) -> Path:
    figure: Any = Figure(
        figsize=(INCHES_WIDE, INCHES_A_ROW * len(state.services) + 0.6), layout="constrained"
    )
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
    """Write `changes.png` to `folder`: each task's calls a second while the service changed.

    Args:
        calls: The calls to the service.
        tasks: The names of its tasks by their `address:port`.
        changes: What happened, in order; at least one.
        folder: Where to write.

    """
    begin, end = changes[0].begin - 5, changes[-1].end
    counts: dict[str, Counter[int]] = {}
    for call in calls:
        name = tasks.get(call.task or "")
        if name and begin <= call.at < end:
            counts.setdefault(name, Counter())[int(call.at - begin)] += 1
    figure: Any = Figure(figsize=(INCHES_WIDE, 3.6), layout="constrained")
    axis = figure.subplots()
    seconds = range(int(end - begin))  # whole ones: the last would look like a fall
    for task in tasks.values():
        if task in counts:
            axis.plot(seconds, [counts[task][second] for second in seconds], label=task, linewidth=1.4)
    for number, change in enumerate(changes, 1):
        axis.axvline(change.begin - begin, color="black", linestyle=":", linewidth=1)
        axis.annotate(
            change.what,
            (change.begin - begin, 1),
            xycoords=("data", "axes fraction"),
            xytext=(3, -11 * number),  # one below the other
            textcoords="offset points",
            fontsize="small",
        )
    axis.set_xlabel("seconds")
    axis.set_ylabel("calls a second")
    axis.set_xlim(0, end - begin)
    axis.set_ylim(bottom=0, top=axis.get_ylim()[1] * 1.15)
    axis.grid(alpha=0.3)
    axis.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize="small", frameon=False)
    figure.suptitle(f"{changes[0].service}: calls by task while it changes")
    path = folder / "changes.png"
    figure.savefig(path, dpi=110)
    return path
