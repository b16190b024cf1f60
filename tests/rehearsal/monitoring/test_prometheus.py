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
        values = yaml.safe_load(text.replace("[2m]", "[10s]"))
        for group in values["groups"]:
            del group["interval"]
            for rule in group["rules"]:
                rule.pop("for", None)
        return values

    assert timeless(with_short_times(RULES.read_text())) == timeless(RULES.read_text())


def test_cpu_is_told_as_yace_tells_it() -> None:
    text = exposition({"lessons": [20.0, 40.0], "idle": []}, "dev")
    label = '{dimension_ClusterName="dev",dimension_ServiceName="lessons"}'
    assert f"aws_ecs_cpuutilization_maximum{label} 40.000\n" in text
    assert f"aws_ecs_cpuutilization_average{label} 30.000\n" in text
    assert "idle" not in text


@pytest.mark.process
@needs_prometheus
def test_the_skew_alert_fires_while_one_task_burns_and_ends_when_all_are_alike(tmp_path: Path) -> None:
    percents = {"lessons": [40.0, 40.0, 20.0, 20.0]}
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
        percents["lessons"] = [30.0, 30.0, 30.0, 30.0]
        until(lambda: skewed_services(prometheus.alerts()) == [])
