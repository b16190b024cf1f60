"""The rehearsal's Prometheus: the real one, with the project's rules, on figures that are made up."""

from pathlib import Path

import pytest
import yaml

from rehearsal.monitoring.cpu_exporter import CpuExporter, exposition
from rehearsal.monitoring.prometheus import (
    RULES,
    Prometheus,
    prometheus_binary,
    skewed_services,
    with_short_times,
)
from rehearsal.processes import Processes
from tests.waiting import until

needs_prometheus = pytest.mark.skipif(
    prometheus_binary() is None, reason="no prometheus here: apt-get install prometheus, or PROMETHEUS=path"
)


def test_only_times_differ_from_the_projects_rules() -> None:
    def timeless(text: str) -> object:
        values = yaml.safe_load(text.replace("[2m]", "[10s]").replace("offset 2m", "offset 10s"))
        for group in values["groups"]:
            del group["interval"]
            for rule in group["rules"]:
                rule.pop("for", None)
        return values

    assert timeless(with_short_times(RULES.read_text())) == timeless(RULES.read_text())


def test_cpu_is_told_as_yace_tells_it() -> None:
    text = exposition({"lessons": {"a": [10.0, 30.0], "b": [0.0, 80.0]}, "idle": {"c": []}}, "dev")
    label = 'dimension_ClusterName="dev",dimension_ServiceName="lessons"'
    # The highest sample of all, whatever its task's mean.
    assert f"aws_ecs_cpuutilization_maximum{{{label}}} 80.000\n" in text
    assert f"aws_ecs_cpuutilization_average{{{label}}} 30.000\n" in text
    task = "aws_ecs_containerinsights_task_cpu_utilization_average"
    assert f'{task}{{{label},dimension_TaskId="a"}} 20.000\n' in text
    assert f'{task}{{{label},dimension_TaskId="b"}} 40.000\n' in text
    assert "idle" not in text


COLLECTING = [20.0] * 9 + [120.0]
"""A task whose mean is 30: garbage collection takes more than its share for a tenth of the time."""


@pytest.mark.process
@needs_prometheus
def test_the_skew_alert_fires_for_uneven_tasks_and_not_for_garbage_collection(tmp_path: Path) -> None:
    even = dict.fromkeys("abcd", COLLECTING)
    # Behind an L4 proxy, six pinned connections and four tasks.
    percents = {"lessons": {"a": [40.0], "b": [40.0], "c": [20.0], "d": [20.0]}, "grading": even}
    with (
        Processes(tmp_path) as processes,
        CpuExporter("127.77.9.2", lambda: percents, "dev"),
    ):
        prometheus = Prometheus(
            processes,
            binary=str(prometheus_binary()),
            folder=tmp_path / "prometheus",
            address="127.77.9.1",
            envoys=lambda: {},
            cpu_address="127.77.9.2",
        )

        until(lambda: skewed_services(prometheus.alerts()) == ["lessons"])
        percents["lessons"] = even
        until(lambda: skewed_services(prometheus.alerts()) == [])
