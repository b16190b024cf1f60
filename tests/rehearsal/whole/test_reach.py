"""A rehearsal plays security groups, so that green means reachable."""

import json
from pathlib import Path
from typing import Any

import yaml

from rehearsal.load.clients import CONNECTIONS
from tests.rehearsal.whole.conftest import Rehearse

EXISTING: dict[str, Any] = {
    "environment": "prod",
    "region": "eu-west-1",
    "account": "111122223333",
    "network": {"vpc_id": "vpc-0123456789abcdef0", "ecs_cluster": "prod"},
    "namespace": {"name": "learning.local", "id": "ns-0123456789abcdef"},
    "existing_services": {
        "lessons": {
            "cloud_map_service": "lessons",
            "grpc_services": ["learning.v1.Lessons"],
            "security_group": "sg-0123456789abcdef0",
        }
    },
    # The drain container waits for Datadog's agent, which a rehearsal does not run.
    "telemetry": {
        "datadog": {
            "api_key_secret": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:datadog/api-key-AbC123"
        }
    },
}


def moved(name: str) -> dict[str, Any]:
    """Return the move of the clients of `name`, of whom some have gone already."""
    return {
        "name": f"{name}-internal.example.com",
        "zone": "Z0123456789ABCDEFGHIJ",
        "from": f"internal-{name}-1.eu-west-1.elb.amazonaws.com",
        "percent": 10,
    }


EVERYWHERE: dict[str, Any] = {
    "lessons": {
        "cut_over": moved("lessons"),
        "cloud_map_service": "Lessons_v1",
        "grpc_services": ["learning.v1.Lessons"],
        "security_group": "sg-0123456789abcdef0",
    },
    "progress": {
        "cloud_map_service": "progress",
        "namespace": {"id": "ns-aaaaaaaaaaaaaaaa", "name": "platform.local"},
        "grpc_services": ["learning.v1.Progress"],
        "security_group": "sg-0123456789abcdef1",
    },
    "grading": {
        "cloud_map_service": "grading",
        "namespace": {"id": "ns-bbbbbbbbbbbbbbbb", "name": "Team_A", "type": "http"},
        "instance_ports": {"first": 40000, "last": 40999},
        "grpc_services": ["learning.v1.Grading"],
        "security_group": "sg-0123456789abcdef2",
    },
    "users": {  # without a registry, and without a security group that we know
        "cut_over": moved("users"),
        "ecs_service": {"cluster": "legacy", "name": "Users"},
        "grpc_services": ["learning.v1.Users"],
    },
    "billing": {
        "address": "billing.corp:8443",
        "cidrs": ["10.50.0.0/16"],
        "grpc_services": ["learning.v1.Billing"],
    },
}


def test_clients_reach_services_wherever_they_are_and_move_to_the_proxy_and_back(
    rehearse: Rehearse, tmp_path: Path
) -> None:
    config, out = tmp_path / "everywhere.yaml", tmp_path / "out"
    proxy = {"clients": ["sg-00000000000000c1"]}
    config.write_text(yaml.safe_dump({**EXISTING, "proxy": proxy, "existing_services": EVERYWHERE}))
    running = rehearse(config, home=tmp_path, out=out)
    text, err = running.communicate()
    assert running.returncode == 0, err + text
    outcome = json.loads((out / "result.json").read_text())
    after = outcome["after"]
    assert {result["service"] for result in after} == {
        "Lessons_v1",
        "progress",
        "grading",
        "Users",
        "billing",
    }
    for result in after:
        assert result["errors"] == {}
        assert len(result["requests"]) == 3
        assert all(result["requests"].values())
    steps = outcome["cut_over"]
    assert [step["percent"] for step in steps if step["service"] == "Users"] == [0, 10, 50, 100, 0]
    assert len(steps) == 10
    for step in steps:
        assert step["errors"] == {}
        # Connections outlive a record: those of before the first step stay at the load balancer.
        last = step in steps[-2:]
        assert step["pinned"] == (0 if last else CONNECTIONS)
    assert [(step["by_proxy"], step["dials"]) for step in steps if step["percent"] == 100] == [
        (step["dials"], step["dials"]) for step in steps if step["percent"] == 100
    ]


def test_fails_where_nobody_may_call_the_proxy_and_says_the_cure(rehearse: Rehearse, tmp_path: Path) -> None:
    config = tmp_path / "closed.yaml"
    config.write_text(yaml.safe_dump(EXISTING))
    running = rehearse(config, home=tmp_path, out=tmp_path / "out")
    _, err = running.communicate()
    assert running.returncode == 1
    assert "rehearsal: proxy.clients: nobody may call the proxy" in err
    assert "Traceback" not in err
