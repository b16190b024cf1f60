"""The real Prometheus, which scrapes the deployed Envoys with the project's own rules."""

import json
import os
import shutil
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from envoy_config.telemetry import METRICS_PORT
from rehearsal.monitoring.cpu_exporter import PORT as CPU_PORT
from rehearsal.processes import ROOT, Process, Processes

PORT = 9090
RULES = ROOT / "observability/prometheus/rules.yaml"
HOLD = "2s"
"""How long a condition has to hold here, in the place of the rules' minutes."""

RANGE = "10s"
"""What a rate looks back on, in the place of the rules' 2 minutes; Envoy merges histograms every 5 s."""

Labels = tuple[tuple[str, str], ...]


def prometheus_binary() -> str | None:
    """Return the Prometheus to run: the one that PROMETHEUS names, or that of the PATH; None without one."""
    named = os.environ.get("PROMETHEUS")
    return shutil.which(named) if named else shutil.which("prometheus")


@dataclass(frozen=True, kw_only=True)
class Alert:
    """An alert of ours; its state is `pending` or `firing`."""

    name: str
    state: str
    labels: Mapping[str, str]


class Prometheus:
    """A running Prometheus.

    Args:
        processes: Where it is started.
        binary: The program.
        folder: Where its settings, rules and data go.
        address: The loopback address that it binds.
        envoys: Returns the address of each Envoy by its task's name.
        cpu_address: Where the CPU of tasks is told.

    """

    def __init__(
        self,
        processes: Processes,
        *,
        binary: str,
        folder: Path,
        address: str,
        envoys: Callable[[], Mapping[str, str]],
        cpu_address: str,
    ) -> None:
        folder.mkdir()
        self._url = f"http://{address}:{PORT}"
        (folder / "rules.yaml").write_text(hurried(RULES.read_text()))
        targets = [f"{place}:{METRICS_PORT}" for place in envoys().values()]
        settings = {
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": ["rules.yaml"],
            "scrape_configs": [
                {
                    "job_name": "envoy",
                    "metrics_path": "/stats/prometheus",
                    "static_configs": [{"targets": targets}],
                },
                {"job_name": "cpu", "static_configs": [{"targets": [f"{cpu_address}:{CPU_PORT}"]}]},
            ],
        }
        (folder / "prometheus.yaml").write_text(yaml.safe_dump(settings))
        self._process: Process = processes.start(
            "prometheus",
            [
                binary,
                f"--config.file={folder / 'prometheus.yaml'}",
                f"--storage.tsdb.path={folder / 'data'}",
                f"--web.listen-address={address}:{PORT}",
            ],
        )
        self._process.wait_for_port(address, PORT)
        self._wait_until_ready()

    def query(self, expression: str, at: float | None = None) -> dict[Labels, float]:
        """Return the value of each series of `expression`, now or at a moment of the wall clock."""
        arguments = {"query": expression, **({"time": str(at)} if at else {})}
        result = self._ask("query", arguments)["result"]
        return {tuple(sorted(series["metric"].items())): float(series["value"][1]) for series in result}

    def over_time(self, expression: str, begin: float, end: float) -> dict[Labels, list[tuple[float, float]]]:
        """Return each series of `expression` between two moments, a point a second."""
        arguments = {"query": expression, "start": str(begin), "end": str(end), "step": "1"}
        result = self._ask("query_range", arguments)["result"]
        return {
            tuple(sorted(series["metric"].items())): [(at, float(value)) for at, value in series["values"]]
            for series in result
        }

    def alerts(self) -> list[Alert]:
        """Return the alerts that are pending or firing."""
        return [
            Alert(name=alert["labels"]["alertname"], state=alert["state"], labels=alert["labels"])
            for alert in self._ask("alerts", {})["alerts"]
        ]

    def _wait_until_ready(self) -> None:
        """Wait until it answers; it listens a moment sooner."""
        end = time.monotonic() + 30
        while time.monotonic() < end:
            self._process.check()
            with suppress(OSError), urllib.request.urlopen(f"{self._url}/-/ready", timeout=5):  # noqa: S310
                return
            time.sleep(0.1)
        raise self._process.failure("does not become ready")

    def _ask(self, what: str, arguments: Mapping[str, str]) -> Any:  # noqa: ANN401  # JSON of three kinds
        url = f"{self._url}/api/v1/{what}?{urllib.parse.urlencode(arguments)}"
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310  # http, as above
            return json.load(answer)["data"]


def hurried(rules: str) -> str:
    """Return `rules` as a rehearsal can wait for them: only `interval`, `for` and ranges differ."""
    values = yaml.safe_load(rules.replace("[2m]", f"[{RANGE}]"))
    for group in values["groups"]:
        group["interval"] = "1s"
        for rule in group["rules"]:
            if "for" in rule:
                rule["for"] = HOLD
    return yaml.safe_dump(values, sort_keys=False)


def skewed(alerts: Sequence[Alert]) -> list[str]:
    """Return the services whose alert of skewed CPU fires."""
    return sorted(
        alert.labels["dimension_ServiceName"]
        for alert in alerts
        if alert.name == "EcsEnvoySkew" and alert.state == "firing"
    )
