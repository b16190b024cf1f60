"""A call to a proto service that no service of the proxy lists."""

import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import pytest

from envoy_config import Metrics
from tests.envoy_config.live_envoy.rig import PROXY, Live, call, envoy, task
from tests.waiting import FOREVER

UNLISTED = "/learning.v1.Forgotten/Get"


def unimplemented(_request: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
    context.abort(grpc.StatusCode.UNIMPLEMENTED, "the server's own")
    yield b""


def reports(live: Live) -> tuple[str, list[dict[str, Any]]]:
    """Return the metrics of Envoy, end it, and return its log."""
    url = f"http://{live.address}:9903/stats/prometheus"
    with urllib.request.urlopen(url, timeout=FOREVER) as response:
        metrics = response.read().decode()
    live.process.terminate()  # it writes what is left of the log
    live.process.wait(FOREVER)
    return metrics, live.lines()


def test_the_client_the_log_and_a_metric_tell_it_from_a_servers_own_unimplemented(
    tmp_path: Path, block: str
) -> None:
    proxy = replace(PROXY, metrics=Metrics())
    with task(f"{block}.3", unimplemented), envoy(tmp_path, block, [f"{block}.3"], proxy) as live:
        with pytest.raises(grpc.RpcError) as servers:
            call(live, "/learning.v1.Lessons/Get")
        with pytest.raises(grpc.RpcError) as unrouted:
            call(live, UNLISTED)
        metrics, log = reports(live)
    assert servers.value.code() is unrouted.value.code() is grpc.StatusCode.UNIMPLEMENTED
    assert servers.value.details() == "the server's own"
    assert unrouted.value.details() == (
        f"Envoy proxy grpc has no route for {UNLISTED} by the name {live.target}: no service of its "
        "configuration lists this proto service in grpc_services, or this name in hosts"
    )
    assert [(line["service"], line["details"]) for line in log] == [
        ("lessons", "via_upstream"),
        (None, "route_not_found"),
    ]
    assert 'envoy_http_no_route{envoy_http_conn_manager_prefix="grpc"} 1\n' in metrics


def test_a_method_name_of_8_kb_is_cut_in_the_message_the_log_and_the_metrics(
    tmp_path: Path, block: str
) -> None:
    proxy = replace(PROXY, metrics=Metrics())
    tail = "m" * 8_000
    with task(f"{block}.3", unimplemented), envoy(tmp_path, block, [f"{block}.3"], proxy) as live:
        with pytest.raises(grpc.RpcError):
            call(live, "/learning.v1.Lessons/" + tail, metadata=[("x-request-id", tail)])
        with pytest.raises(grpc.RpcError) as unrouted:
            call(live, UNLISTED + tail)
        metrics, log = reports(live)
    assert unrouted.value.code() is grpc.StatusCode.UNIMPLEMENTED
    assert (UNLISTED + tail)[:256] + " by" in str(unrouted.value.details())
    assert [len(line["grpc_method"]) for line in log] == [256, 256]
    assert len(log[0]["request_id"]) == 256
    assert 'grpc_method="/learning.v1.Lessons/mmm' in metrics
    assert "m" * 257 not in metrics
