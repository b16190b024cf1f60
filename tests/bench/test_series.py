"""The number of series of the real Envoy, counted by the benchmark's own code."""

from pathlib import Path

import pytest

from bench.proxy_cost import envoys, series
from bench.proxy_cost.world import World, missing_packages

MISSING = missing_packages()
pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(bool(MISSING), reason=f"not installed: apt-get install {' '.join(MISSING)}"),
]


def test_ten_services_with_ten_methods_and_twenty_tasks_have_at_most_2000_series(tmp_path: Path) -> None:
    with World(tmp_path) as world:
        address = world.address(10)
        envoy = world.envoy("envoy", 10, envoys.with_telemetry(address, world.tasks))
        assert envoy.process
        counted = series.measure(tmp_path, address, envoy.process.pid)
    assert counted.by_metric["envoy_grpc_requests"] == envoys.SERVICES * envoys.METHODS
    assert counted.by_metric["envoy_cluster_endpoint_rq_total"] == envoys.SERVICES * series.TASKS
    assert counted.count <= 2000
