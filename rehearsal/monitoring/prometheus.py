"""A real Prometheus that scrapes the deployed Envoys and evaluates the project's own rules."""

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
from rehearsal.processes import PATIENCE_SECONDS, ROOT, Process, Processes

PORT = 9090
RULES = ROOT / "monitoring/prometheus/rules.yaml"
FOR = "2s"
"""An alert fires when its condition holds for so long, in place of the minutes in the rules."""

RANGE = "10s"
"""The range of every rate, in place of the rules' 2 minutes. Envoy merges histograms every 5 s."""

Labels = tuple[tuple[str, str], ...]


def prometheus_binary() -> str | None:
    """Return the path of the Prometheus to run: from PROMETHEUS, or else from PATH; None if there is none."""
    configured = os.environ.get("PROMETHEUS")
    return shutil.which(configured) if configured else shutil.which("prometheus")


@dataclass(frozen=True, kw_only=True)
class Alert:
    """An alert of our rules; its state is `pending` or `firing`."""

    name: str
    state: str
    labels: Mapping[str, str]


class Prometheus:
    """A running Prometheus.

    Args:
        processes: The group that its process belongs to, which ends it in any case.
        binary: The path of the program.
        folder: The folder for its settings, rules and data.
        address: The loopback address that it binds.
        envoys: Returns the address of each Envoy, by its task's name.
        cpu_address: The address of the `CpuExporter`.

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
        (folder / "rules.yaml").write_text(with_short_times(RULES.read_text()))
        targets = [f"{envoy}:{METRICS_PORT}" for envoy in envoys().values()]
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
        """Return the value of each series of `expression`, now or `at` a time of the wall clock."""
        arguments = {"query": expression, **({"time": str(at)} if at else {})}
        result = self._ask("query", arguments)["result"]
        return {tuple(sorted(series["metric"].items())): float(series["value"][1]) for series in result}

    def over_time(self, expression: str, begin: float, end: float) -> dict[Labels, list[tuple[float, float]]]:
        """Return each series of `expression` from `begin` to `end`, with a point for each second."""
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
        """Wait until it answers: it listens some time before it is ready."""
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            self._process.check()
            with suppress(OSError), urllib.request.urlopen(f"{self._url}/-/ready", timeout=5):  # noqa: S310
                return
            time.sleep(0.1)
        raise self._process.failure("does not become ready")

    def _ask(self, api: str, arguments: Mapping[str, str]) -> Any:  # noqa: ANN401  # JSON of three kinds
        url = f"{self._url}/api/v1/{api}?{urllib.parse.urlencode(arguments)}"
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310  # http, as above
            return json.load(answer)["data"]


def with_short_times(rules: str) -> str:
    """Return `rules` with a shorter `interval`, `for` and range, because a rehearsal lasts only seconds."""
    values = yaml.safe_load(rules.replace("[2m]", f"[{RANGE}]").replace("offset 2m", f"offset {RANGE}"))
    for group in values["groups"]:
        group["interval"] = "1s"
        for rule in group["rules"]:
            if "for" in rule:
                rule["for"] = FOR
    return yaml.safe_dump(values, sort_keys=False)


def skewed_services(alerts: Sequence[Alert]) -> list[str]:
    """Return the services whose alert for skewed CPU fires."""
    return sorted(
        alert.labels["dimension_ServiceName"]
        for alert in alerts
        if alert.name == "EcsEnvoySkew" and alert.state == "firing"
    )
