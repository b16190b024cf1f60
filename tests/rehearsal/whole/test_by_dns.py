"""A rehearsal of a service that DNS finds: Route 53 shows its changes late."""

import json
from pathlib import Path

import yaml

from rehearsal.course.evenness import MAX_SHARE
from tests.conftest import ROOT
from tests.rehearsal.whole.conftest import Rehearse


def by_dns(folder: Path) -> Path:
    """Write config/example.yaml with one service, which DNS finds, and nothing else."""
    values = yaml.safe_load((ROOT / "config/example.yaml").read_text())
    service = values["services"]["lessons"]
    service |= {"tasks": {"min": 2, "max": 4}, "discovery": "dns", "pre_stop_wait": "72s"}
    values["services"] = {"lessons": service}
    del values["api"]
    values["proxy"]["clients"] = ["10.0.0.0/16"]
    values["rehearsal"] = {"work": "2ms"}
    config = folder / "by_dns.yaml"
    config.write_text(yaml.safe_dump(values, sort_keys=False))
    return config


def test_by_dns_no_call_is_lost_and_no_task_is_overloaded_while_tasks_come_and_go(
    rehearse: Rehearse, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    running = rehearse(by_dns(tmp_path), home=tmp_path, out=out, propagation=20)  # AWS: 60 s
    text, err = running.communicate()
    assert running.returncode == 0, err + text
    values = json.loads((out / "result.json").read_text())
    assert values["problems"] == []
    assert values["discovery_bound_seconds"] == {"lessons": 30}
    for change in (values["scale_out"], values["roll"]):
        assert change["errors"] == {}
        assert change["busiest_share"] <= MAX_SHARE
    assert (len(values["scale_out"]["new_tasks"]), len(values["roll"]["new_tasks"])) == (2, 4)
