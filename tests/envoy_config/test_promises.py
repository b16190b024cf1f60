"""What the README promises under "What Envoy is told", where to show it would take too long.

The real Envoy shows the rest, in live_envoy/test_promises.py.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from envoy_config import Discovery, Proxy, Service, Upstream
from envoy_config.bootstrap import bootstrap
from envoy_config.rendering import to_json

GRPC_PING_SECONDS = 300
"""The least time between two PINGs that a stock gRPC server takes (gRPC's "Keepalive" guide)."""


@pytest.fixture(params=list(Discovery))
def told(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The bootstrap of two services, found by DNS or by a file."""
    services = [
        Service(
            name=name,
            address=f"{name}.learning.local",
            upstream=Upstream(grpc_services=[f"learning.v1.{name.title()}"]),
            max_tasks=4,
            discovery=request.param,
        )
        for name in ("lessons", "grading")
    ]
    return json.loads(to_json(bootstrap(Proxy(name="grpc"), services)))


def manager(told: dict[str, Any]) -> dict[str, Any]:
    """Return the HTTP connection manager of the clients' listener."""
    (listener,) = told["static_resources"]["listeners"]
    return listener["filter_chains"][0]["filters"][-1]["typed_config"]


def route_actions(told: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what happens to the calls of each route: its own settings and those of its virtual host."""
    return [
        {"retry_policy": host["retry_policy"], **route["route"]}
        for host in manager(told)["route_config"]["virtual_hosts"]
        for route in host["routes"]
    ]


def clusters(told: dict[str, Any]) -> list[dict[str, Any]]:
    return told["static_resources"]["clusters"]


def seconds(duration: str) -> float:
    return float(duration.removesuffix("s"))


def limits(value: object, path: str = "") -> Iterator[tuple[str, object]]:
    """Yield each field of `value` that could end a call by its time: a timeout or a duration."""
    if isinstance(value, dict):
        for key, inner in value.items():  # pyright: ignore
            yield from limits(inner, f"{path}.{key}".lstrip("."))  # pyright: ignore
    elif "timeout" in path or "duration" in path:
        yield path, value


def test_no_time_of_the_proxys_own_ends_a_call_or_a_quiet_stream(told: dict[str, Any]) -> None:
    for action in route_actions(told):
        # 0 is none; left out, it is 15 s, and the manager's 5 minutes.
        assert dict(limits(action)) == {"timeout": "0s"}
    settings = {key: value for key, value in manager(told).items() if key != "route_config"}
    assert dict(limits(settings)) == {
        "stream_idle_timeout": "0s",
        "request_headers_timeout": "10s",
        # Of connections without a call, and of a connection's age, which ends none.
        "common_http_protocol_options.idle_timeout": "3600s",
        "common_http_protocol_options.max_connection_duration": "600s",
        "common_http_protocol_options.max_connection_duration_jitter.value": 20,
        "http2_protocol_options.connection_keepalive.timeout": "10s",
    }


def test_clients_are_asked_to_reconnect_every_ten_minutes(told: dict[str, Any]) -> None:
    assert manager(told)["common_http_protocol_options"]["max_connection_duration"] == "600s"


def test_tasks_are_pinged_no_more_often_than_a_stock_grpc_server_takes(told: dict[str, Any]) -> None:
    for cluster in clusters(told):
        (options,) = cluster["typed_extension_protocol_options"].values()
        keepalive = options["explicit_http_config"]["http2_protocol_options"]["connection_keepalive"]
        assert seconds(keepalive["interval"]) >= GRPC_PING_SECONDS


def test_tasks_are_checked_every_second_with_calls_and_without(told: dict[str, Any]) -> None:
    for cluster in clusters(told):
        (check,) = cluster["health_checks"]
        assert check["interval"] == check["no_traffic_interval"] == "1s"


def test_the_last_of_five_tries_comes_some_two_seconds_later(told: dict[str, Any]) -> None:
    for action in route_actions(told):
        policy = action["retry_policy"]
        base, longest = (seconds(policy["retry_back_off"][key]) for key in ("base_interval", "max_interval"))
        # Envoy waits a random share of (2^n - 1) base intervals, at most the longest, before retry n.
        waits = [min(longest, (2**n - 1) * base) for n in range(1, policy["num_retries"] + 1)]
        assert 2 <= sum(waits) <= 3


def test_a_task_that_failed_is_left_alone_for_a_minute(told: dict[str, Any]) -> None:
    for cluster in clusters(told):
        assert cluster["outlier_detection"]["base_ejection_time"] == "60s"
