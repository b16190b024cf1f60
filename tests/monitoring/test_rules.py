"""The rules and the dashboard: promtool reads and tests the one, and both ask for what Envoy keeps."""

import json
import re
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from ecs_envoy.settings.alarm_thresholds import SERVER_ERRORS, SKEW_MIN_CPU_PERCENT, AlarmThresholds
from envoy_config.call_stats import BUCKETS_MS
from envoy_config.stats import CLUSTER_STATS, CONNECTION_LIMIT_STATS, LISTENER_STATS, SERVER_STATS
from tests.conftest import ROOT

FOLDER = ROOT / "monitoring"
RULES = (FOLDER / "prometheus/rules.yaml").read_text()
DASHBOARD = (FOLDER / "grafana/dashboard.json").read_text()

promtool = shutil.which("promtool")


@pytest.mark.skipif(promtool is None, reason="no promtool here: apt-get install prometheus")
def test_promtool_takes_the_rules_and_their_tests_pass() -> None:
    for command in (["check", "rules", "rules.yaml"], ["test", "rules", "rules.test.yaml"]):
        done = subprocess.run(
            [str(promtool), *command],
            cwd=FOLDER / "prometheus",
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(promtool is None, reason="no promtool here: apt-get install prometheus")
def test_promtool_refuses_a_test_that_expects_another_value(tmp_path: Path) -> None:
    copied = shutil.copytree(FOLDER / "prometheus", tmp_path / "prometheus")
    test = copied / "rules.test.yaml"
    test.write_text(test.read_text().replace("value: 0.0198", "value: 0.5"))
    done = subprocess.run(
        [str(promtool), "test", "rules", str(test)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "exp:" in done.stdout + done.stderr
    assert "got:" in done.stdout + done.stderr


def test_every_alert_is_tested_and_has_its_runbook() -> None:
    rules = yaml.safe_load(RULES)["groups"][1]["rules"]
    tested = (FOLDER / "prometheus/rules.test.yaml").read_text()
    for rule in rules:
        assert f"alertname: {rule['alert']}" in tested
        assert (ROOT / rule["annotations"]["runbook"]).is_file()


def test_the_rules_thresholds_are_those_of_the_alarms() -> None:
    wanted = AlarmThresholds()
    by_name = {rule["alert"]: rule["expr"] for rule in yaml.safe_load(RULES)["groups"][1]["rules"]}
    numbers = {name: float(expr.split()[-1]) for name, expr in by_name.items()}
    assert numbers["EcsEnvoyErrors"] == wanted.error_percent / 100
    assert numbers["EcsEnvoySlowCalls"] == wanted.p99 / timedelta(milliseconds=1)
    assert numbers["EcsEnvoySkew"] == numbers["EcsEnvoyEndpointSkew"] == wanted.skew
    assert numbers["EcsEnvoyProxyCpu"] == wanted.proxy_cpu_percent
    assert numbers["EcsEnvoyProxyConnections"] == wanted.proxy_connections_percent
    assert numbers["EcsEnvoyDiscoveryStale"] == wanted.discovery_age.total_seconds()
    assert "|".join(SERVER_ERRORS) in RULES
    assert re.search(rf"\) > {SKEW_MIN_CPU_PERCENT:g}\s+\)", RULES)


def kept() -> set[str]:
    return {
        "envoy_grpc_requests",
        "envoy_grpc_duration_milliseconds_bucket",
        "envoy_cluster_endpoint_rq_total",
        "envoy_overload_envoy_resource_monitors_fixed_heap_pressure",
        "envoy_overload_envoy_resource_monitors_global_downstream_max_connections_pressure",
        *(f"envoy_connection_limit_{name}" for name in CONNECTION_LIMIT_STATS),
        *(f"envoy_cluster_{name.replace('.', '_')}" for name in CLUSTER_STATS),
        *(f"envoy_server_{name}" for name in SERVER_STATS),
        *(f"envoy_http_{name}" for name in LISTENER_STATS),
    }


def test_rules_and_dashboard_ask_only_for_metrics_that_envoy_keeps_and_use_them_all() -> None:
    labels = {"envoy_cluster_name", "envoy_endpoint_address", "envoy_http_conn_manager_prefix", "envoy_admin"}
    asked = set(re.findall(r"\benvoy_[a-z_0-9]+\b", RULES + DASHBOARD)) - labels
    assert asked <= kept()
    assert kept() - asked == {"envoy_cluster_upstream_rq_total"}  # the discovery sidecar's


def test_the_dashboard_asks_only_for_records_that_the_rules_make() -> None:
    records = {rule["record"] for rule in yaml.safe_load(RULES)["groups"][0]["rules"]}
    assert set(re.findall(r"ecs_envoy:[a-z_:0-9]+", DASHBOARD)) <= records


def test_the_dashboards_panels_have_ids_of_their_own_and_lie_on_a_grid() -> None:
    panels = json.loads(DASHBOARD)["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    places = [(p["gridPos"]["x"], p["gridPos"]["y"]) for p in panels]
    assert len(set(places)) == len(places)
    assert all(p["gridPos"]["x"] + p["gridPos"]["w"] <= 24 for p in panels)


def test_buckets_reach_from_a_quick_call_to_a_long_deadline() -> None:
    assert list(BUCKETS_MS) == sorted(BUCKETS_MS)
    assert BUCKETS_MS[0] <= 1
    assert BUCKETS_MS[-1] >= 5000
