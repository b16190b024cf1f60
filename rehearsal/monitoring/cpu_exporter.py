"""Exports the CPU of each service's tasks in place of YACE and CloudWatch, which cannot run here."""

import threading
from collections.abc import Callable, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from statistics import mean
from types import TracebackType

PORT = 5000
"""YACE's default port."""

Percents = Mapping[str, Mapping[str, Sequence[float]]]
"""The CPU of each task in percent of what it may use: its samples of the last minute, by service and task."""


def exposition(percents: Percents, ecs_cluster: str) -> str:
    """Return `percents` in Prometheus's text format, with YACE's names for CloudWatch's metrics.

    ECS's own metric has the highest and the mean of all samples of all tasks, and Container Insights with
    enhanced observability the mean of each task.
    """
    series: list[tuple[str, str, float]] = []
    for service, tasks in percents.items():
        label = f'dimension_ClusterName="{ecs_cluster}",dimension_ServiceName="{service}"'
        every = [sample for samples in tasks.values() for sample in samples]
        if every:
            series.append(("aws_ecs_cpuutilization_maximum", label, max(every)))
            series.append(("aws_ecs_cpuutilization_average", label, mean(every)))
        series += [
            (
                "aws_ecs_containerinsights_task_cpu_utilization_average",
                f'{label},dimension_TaskId="{task}"',
                mean(samples),
            )
            for task, samples in tasks.items()
            if samples
        ]
    lines: list[str] = []
    for name in dict.fromkeys(name for name, _, _ in series):
        lines.append(f"# TYPE {name} gauge")
        lines += [f"{name}{{{label}}} {value:.3f}" for one, label, value in series if one == name]
    return "\n".join(lines) + "\n"


class CpuExporter:
    """Serves the values that `percents` returns; leaving the context ends it.

    Args:
        address: The loopback address to bind.
        percents: Returns the samples of each task.
        ecs_cluster: The ECS cluster's name.

    """

    def __init__(self, address: str, percents: Callable[[], Percents], ecs_cluster: str) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = exposition(percents(), ecs_cluster).encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *_: object) -> None:  # noqa: A002  # the base class's name
                pass

        self._server = ThreadingHTTPServer((address, PORT), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, name="cpu-exporter", daemon=True)

    def __enter__(self) -> "CpuExporter":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
