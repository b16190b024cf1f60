"""A rehearsal plays security groups, so that green means reachable."""

from pathlib import Path

import yaml

from tests.rehearsal.whole.conftest import Rehearse

EXISTING = {
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


def test_fails_where_nobody_may_call_the_proxy_and_says_the_cure(rehearse: Rehearse, tmp_path: Path) -> None:
    config = tmp_path / "closed.yaml"
    config.write_text(yaml.safe_dump(EXISTING))
    running = rehearse(config, home=tmp_path, out=tmp_path / "out")
    _, err = running.communicate()
    assert running.returncode == 1
    assert "rehearsal: proxy.clients: nobody may call the proxy" in err
    assert "Traceback" not in err
