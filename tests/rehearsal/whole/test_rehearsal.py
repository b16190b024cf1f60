"""The whole rehearsal as a user runs it: `ecs-envoy rehearse`.

The README's own, in tests/test_readme.py, is another one, in a new VPC. test_by_dns.py is the third.
"""

import json
from pathlib import Path

import yaml

from rehearsal.course.evenness import MAX_SHARE
from rehearsal.load.clients import CONNECTIONS
from rehearsal.monitoring.prometheus import prometheus_binary
from tests.conftest import ROOT
from tests.rehearsal.whole.conftest import Rehearse
from tests.rehearsal.whole.watching import Watcher, gone

TASKS = 12


def everything(folder: Path) -> Path:
    """Write config/existing.yaml with metrics, and with more tasks than DNS lists, as in large.yaml."""
    values, large = (
        yaml.safe_load((ROOT / f"config/{name}.yaml").read_text()) for name in ("existing", "large")
    )
    values["services"]["lessons"] = {**large["services"]["lessons"], "tasks": TASKS}
    values["telemetry"] = {
        "access_log": {"sample_percent": 100},
        "prometheus": {"scraped_from": ["10.0.0.0/16"]},
    }
    # Little: where CPU is short, the tasks that clients are pinned to are too slow to get more than others.
    values["rehearsal"] = {"work": "2ms"}
    config = folder / "everything.yaml"
    config.write_text(yaml.safe_dump(values, sort_keys=False))
    return config


def logged(logs: list[Path]) -> dict[str, dict[str, int]]:
    """Return the calls that the access log has, by method and status; each line has to parse."""
    counts: dict[str, dict[str, int]] = {}
    for log in logs:
        for line in log.read_text().splitlines():
            entry = json.loads(line)
            by_status = counts.setdefault(entry["grpc_method"], {})
            by_status[entry["grpc_status"]] = by_status.get(entry["grpc_status"], 0) + 1
    return counts


def test_rehearsal_deploys_calls_scales_rolls_and_reports(rehearse: Rehearse, tmp_path: Path) -> None:
    home, out = tmp_path / "home", tmp_path / "out"
    home.mkdir()
    running = rehearse(everything(tmp_path), home=home, out=out)
    watcher = Watcher(running)
    watcher.start()
    text, err = running.communicate()
    watcher.join()
    assert running.returncode == 0, err + text

    values = json.loads((out / "result.json").read_text())
    assert values["problems"] == []
    assert values["discovery_bound_seconds"] == {"lessons": 3.0, "progress": 3.0, "grading-v2": 3.0}
    assert [result["service"] for result in values["after"]] == ["lessons", "progress", "grading-v2"]
    for result in [*values["before"], *values["after"]]:
        assert result["errors"] == {}
        assert result["calls"] > 20

    # Six connections pin as many tasks. The sidecar finds all, and their zones are kept.
    before, after = values["before"][0], values["after"][0]
    assert sum(count == 0 for count in before["requests"].values()) == TASKS - CONNECTIONS
    assert len(after["requests"]) == TASKS
    assert min(after["requests"].values()) > 0
    # By zone the proxies follow each other's traffic, within 2 %; five seconds cut a round.
    assert after["cv_requests"] <= 0.1
    assert values["in_zone"]["lessons"] > 0.55

    scale_out, roll = values["scale_out"], values["roll"]
    # The servers end at once on SIGTERM: their containers' pre-stop wait is what loses no call.
    assert scale_out["errors"] == roll["errors"] == {}
    assert max(scale_out["busiest_share"], roll["busiest_share"]) <= MAX_SHARE
    assert len(scale_out["new_tasks"]) == 2
    assert len(roll["new_tasks"]) == TASKS  # the template's own count again
    assert all(task["first_request"] is not None for task in [*scale_out["new_tasks"], *roll["new_tasks"]])

    uses = {proxy["task"]: proxy for proxy in values["proxies"]}
    assert list(uses) == ["grpc-1", "grpc-1 discovery", "grpc-2", "grpc-2 discovery"]
    assert all(0 < use["memory_mib"] < 512 and use["cpu_percent"] > 0 for use in uses.values())
    assert all(use["memory_mib"] < 64 for task, use in uses.items() if "discovery" in task)

    # Envoy's log has a line for each call that a client made, by method and status.
    made = values["calls_by_clients"]
    assert sum(sum(by_status.values()) for by_status in made.values()) > 500
    assert logged([out / "logs/grpc-1.out", out / "logs/grpc-2.out"]) == made
    if prometheus_binary() is None:
        assert "Prometheus is not installed" in text
    else:
        assert values["calls_by_prometheus"] == made
        # Whether the alert has fired by then depends on how much CPU the machine has to spare;
        # test_prometheus.py holds that it fires.
        assert values["prometheus_before"]["task_cpu_skew"]["lessons"] > 1.25
        assert values["prometheus_after"]["skew_alerts"] == []
        assert (out / "monitoring.png").is_file()

    assert {"report.html", "before.png", "after.png", "changes.png"} <= {path.name for path in out.iterdir()}
    assert "lessons" in text
    assert "Envoy" in text
    assert str(out / "report.html") in text
    assert not list(home.iterdir()), "something was written to the user's home"
    assert not watcher.beyond_loopback
    assert len(watcher.seen) > 50
    assert gone(watcher.seen)
