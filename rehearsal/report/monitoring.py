"""Draws what the dashboards show, from a rehearsal's Prometheus and with the dashboards' own expressions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from ecs_envoy.settings.alarm_thresholds import AlarmThresholds
from rehearsal.monitoring.prometheus import Labels, Prometheus


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One graph: its title, the expression that it shows, and the labels that name each line."""

    title: str
    expression: str
    named_by: tuple[str, ...]


PANELS = (
    Panel(
        title="calls a second\nby method",
        expression="sum by (grpc_method) (ecs_envoy:requests:rate2m)",
        named_by=("grpc_method",),
    ),
    Panel(
        title="99 % of the calls\nstay within (ms)",
        expression="ecs_envoy:duration_milliseconds:p99",
        named_by=("grpc_method",),
    ),
    Panel(
        title="calls a second\nby task",
        expression="ecs_envoy:endpoint_requests:rate2m > 0",
        named_by=("service", "envoy_endpoint_address"),
    ),
    Panel(
        title="skew: busiest task's\nCPU over the mean",
        expression="ecs_envoy:task_cpu_skew:ratio",
        named_by=("dimension_ServiceName",),
    ),
)


def draw_monitoring(
    prometheus: Prometheus, marks: Sequence[tuple[float, str]], end: float, folder: Path
) -> Path:
    """Write `monitoring.png` to `folder`.

    Args:
        prometheus: The Prometheus to query.
        marks: The times at which a state began, each with its name. The picture begins with the first.
        end: The time at which the picture ends.
        folder: Where to write.

    """
    begin = marks[0][0]
    figure: Any = Figure(figsize=(9.0, 10.0), layout="constrained")
    axes = figure.subplots(len(PANELS), 1, sharex=True)
    for panel, axis in zip(PANELS, axes, strict=True):
        _draw(axis, panel, prometheus.over_time(panel.expression, begin, end), begin)
        for at, _ in marks:
            axis.axvline(at - begin, color="black", linestyle=":", linewidth=1)
        axis.set_xlim(0, end - begin)
        axis.set_ylim(bottom=0)
        axis.grid(alpha=0.3)
        axis.set_ylabel(panel.title, fontsize="small")
    for number, (at, name) in enumerate(marks):
        axes[0].annotate(
            name,
            (at - begin, 1),
            xycoords=("data", "axes fraction"),
            xytext=(3, 22 - 11 * (number % 2)),  # above the graph, at two heights so that they do not overlap
            textcoords="offset points",
            fontsize="small",
        )
    axes[-1].axhline(AlarmThresholds().skew, color="crimson", linewidth=1)
    axes[-1].set_xlabel("seconds")
    path = folder / "monitoring.png"
    figure.savefig(path, dpi=100)
    return path


def _draw(axis: Any, panel: Panel, lines: Mapping[Labels, list[tuple[float, float]]], begin: float) -> None:  # noqa: ANN401
    few = len(lines) <= 8
    for labels, points in sorted(lines.items()):
        name = " ".join(dict(labels).get(label, "") for label in panel.named_by)
        axis.plot(
            [at - begin for at, _ in points],
            [value for _, value in points],
            label=name if few else None,
            linewidth=1.3,
        )
    if few and lines:
        axis.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize="x-small", frameon=False)
