import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ecs_envoy.plan.sidecars import ENVOY_MIN_MIB
from envoy_config import (
    AccessLog,
    Discovery,
    Metrics,
    Proxy,
    RoutingError,
    Service,
    Tracing,
    TrafficPolicy,
    Upstream,
)
from envoy_config.bootstrap import bootstrap
from envoy_config.rendering import to_json
from tests.conftest import Envoy, Snapshot, pretty

SNAPSHOTS = Path(__file__).parent / "snapshots"
PROXY = Proxy(name="grpc")
LESSONS = Service(
    name="lessons",
    address="lessons.learning.local",
    upstream=Upstream(grpc_services=["learning.v1.Lessons", "learning.v1.Courses"]),
    max_tasks=4,
)
GRADING = replace(
    LESSONS,
    name="grading",
    address="grading.learning.local",
    upstream=Upstream(port=50052, grpc_services=["learning.v1.Grading"]),
)


def upstream(service: Service, **settings: Any) -> Service:  # noqa: ANN401
    """Return `service` with other settings of its upstream."""
    unchanged = {name: getattr(service.upstream, name) for name in service.upstream.model_fields_set}
    return replace(service, upstream=Upstream(**{**unchanged, **settings}))


def policy(service: Service, **settings: Any) -> Service:  # noqa: ANN401
    """Return `service` with these settings as its policy."""
    return replace(service, policy=TrafficPolicy(**settings))


SITUATIONS = [
    pytest.param(PROXY, [upstream(LESSONS, grpc_services=[])], id="sole-service"),
    pytest.param(PROXY, [LESSONS, GRADING], id="two-services"),
    pytest.param(PROXY, [policy(LESSONS, health_check="grpc")], id="grpc-health-check"),
    pytest.param(PROXY, [policy(LESSONS, health_check="none")], id="no-health-check"),
    pytest.param(PROXY, [replace(LESSONS, max_tasks=None)], id="unknown-number-of-tasks"),
    pytest.param(
        PROXY,
        [replace(LESSONS, max_tasks=20, discovery=Discovery.EDS)],
        id="endpoints-from-a-file",
    ),
    pytest.param(
        replace(
            PROXY,
            access_log=AccessLog(sample_percent=0.5, slower_than=timedelta(milliseconds=250)),
            metrics=Metrics(),
            tracing=Tracing(sample_percent=5),
        ),
        [LESSONS],
        id="all-telemetry",
    ),
    pytest.param(replace(PROXY, access_log=None), [LESSONS], id="no-telemetry"),
    pytest.param(
        PROXY,
        [
            policy(
                LESSONS,
                circuit_breakers={"max_open_calls": 100},
                rate_limit={"client_calls_per_second": 50},
            )
        ],
        id="limits-of-a-service",
    ),
    pytest.param(replace(PROXY, memory_mib=2048, port=8443), [LESSONS], id="larger-proxy"),
]


def rendered(proxy: Proxy, services: list[Service]) -> dict[str, Any]:
    return json.loads(to_json(bootstrap(proxy, services)))


def cluster(service: Service) -> dict[str, Any]:
    return rendered(PROXY, [service])["static_resources"]["clusters"][0]


def test_one_connection_can_take_at_most_half_of_the_calls_of_a_service_in_the_smallest_envoy() -> None:
    told = rendered(replace(PROXY, memory_mib=ENVOY_MIN_MIB), [LESSONS])["static_resources"]
    manager = told["listeners"][0]["filter_chains"][0]["filters"][-1]["typed_config"]
    (thresholds,) = told["clusters"][0]["circuit_breakers"]["thresholds"]
    streams = manager["http2_protocol_options"]["max_concurrent_streams"]
    assert streams >= 1000, "a pinned client with 1,000 streams works"
    assert 2 * streams <= thresholds["max_requests"]
    assert thresholds["max_requests"] == thresholds["max_pending_requests"]


@pytest.mark.parametrize(("proxy", "services"), SITUATIONS)
def test_bootstrap_matches_its_snapshot(
    proxy: Proxy, services: list[Service], request: pytest.FixtureRequest, snapshot: Snapshot
) -> None:
    name = request.node.callspec.id  # pyright: ignore
    snapshot(SNAPSHOTS / f"{name}.json", pretty(rendered(proxy, services)))


@pytest.mark.parametrize(("proxy", "services"), SITUATIONS)
def test_envoy_accepts_each_bootstrap_without_a_warning(
    proxy: Proxy, services: list[Service], envoy: Envoy, tmp_path: Path
) -> None:
    envoy.validate(to_json(bootstrap(proxy, services)), tmp_path)


def test_envoy_refuses_a_field_that_it_does_not_know(envoy: Envoy, tmp_path: Path) -> None:
    broken = to_json(bootstrap(PROXY, [LESSONS])).replace('"node"', '"nude"', 1)
    with pytest.raises(AssertionError, match="nude"):
        envoy.validate(broken, tmp_path)


def test_a_deprecated_field_counts_as_a_failure(envoy: Envoy, tmp_path: Path) -> None:
    deprecated = to_json(bootstrap(PROXY, [LESSONS])).replace(
        '"connect_timeout"', '"respect_dns_ttl":true,"connect_timeout"', 1
    )
    with pytest.raises(AssertionError, match="eprecated"):
        envoy.validate(deprecated, tmp_path)


def test_the_order_of_services_does_not_matter() -> None:
    one, other = (
        to_json(bootstrap(PROXY, services)) for services in ([LESSONS, GRADING], [GRADING, LESSONS])
    )
    assert one == other


def test_json_is_compact_and_keeps_envoys_field_names() -> None:
    text = to_json(bootstrap(PROXY, [LESSONS]))
    assert text == json.dumps(json.loads(text), separators=(",", ":"), ensure_ascii=False)
    assert '"enforcing_consecutive_5xx":0' in text


def test_each_proto_service_is_routed_to_its_cluster() -> None:
    manager = rendered(PROXY, [LESSONS, GRADING])["static_resources"]["listeners"][0]["filter_chains"][0][
        "filters"
    ][-1]
    routes = manager["typed_config"]["route_config"]["virtual_hosts"][0]["routes"]
    assert {route["match"]["prefix"]: route["route"]["cluster"] for route in routes} == {
        "/learning.v1.Courses/": "lessons",
        "/learning.v1.Grading/": "grading",
        "/learning.v1.Lessons/": "lessons",
    }


@pytest.mark.parametrize(
    ("max_tasks", "dropped"),
    [
        pytest.param(4, True, id="DNS lists old and new ones of a deployment"),
        pytest.param(5, False, id="not in a deployment"),
        pytest.param(None, False, id="unknown number"),
    ],
)
def test_a_task_that_dns_no_longer_lists_is_dropped_at_once_only_if_dns_lists_all_tasks(
    max_tasks: int | None, dropped: bool
) -> None:
    assert (
        cluster(replace(LESSONS, max_tasks=max_tasks)).get("ignore_health_on_host_removal", False) is dropped
    )


def test_endpoints_from_a_file_are_dropped_at_once_and_their_zones_are_weighed() -> None:
    large = cluster(replace(LESSONS, max_tasks=100, discovery=Discovery.EDS))
    source = large["eds_cluster_config"]["eds_config"]["path_config_source"]
    assert source == {
        "path": "/endpoints/lessons/endpoints.json",
        "watched_directory": {"path": "/endpoints/lessons"},
    }
    assert large["ignore_health_on_host_removal"] is True
    assert large["common_lb_config"]["locality_weighted_lb_config"] == {}
    assert "load_assignment" not in large


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        pytest.param({}, "1s", id="a second by default"),
        pytest.param({"connect_timeout": timedelta(milliseconds=250)}, "0.250s", id="as given"),
    ],
)
def test_the_connect_timeout_of_a_task(settings: dict[str, timedelta], text: str) -> None:
    assert cluster(policy(LESSONS, **settings))["connect_timeout"] == text


def test_zones_have_no_weight_if_zone_aware_is_off() -> None:
    unaware = cluster(policy(replace(LESSONS, discovery=Discovery.EDS), load_balancing={"zone_aware": False}))
    assert "locality_weighted_lb_config" not in unaware["common_lb_config"]


@pytest.mark.parametrize("kind", [None, "http2", "grpc", "tcp"])
def test_a_task_that_does_not_answer_is_found_within_3_s(kind: str | None) -> None:
    (check,) = cluster(policy(LESSONS, **({"health_check": kind} if kind else {})))["health_checks"]
    late = 1 + check["interval_jitter_percent"] / 100
    interval, timeout, edge = (
        float(check[key].removesuffix("s")) for key in ("interval", "timeout", "unhealthy_edge_interval")
    )
    assert check["unhealthy_threshold"] == 2
    assert (interval + edge) * late + 2 * timeout <= 3
    # A pause of the garbage collector or a lost packet does not take a task out.
    assert edge + 2 * timeout >= 1.5
    assert check["no_traffic_interval"] == check["interval"]


def test_new_calls_are_refused_before_the_heap_fills_the_memory_of_the_task() -> None:
    manager = rendered(replace(PROXY, memory_mib=1024), [LESSONS])["overload_manager"]
    whole = int(manager["resource_monitors"][0]["typed_config"]["max_heap_size_bytes"])
    assert whole == 1024 * 1024 * 1024
    (refuse,) = (a for a in manager["actions"] if a["name"].endswith("stop_accepting_requests"))
    assert refuse["triggers"][0]["threshold"]["value"] < 0.8
    (reset,) = (a for a in manager["actions"] if a["name"].endswith("reset_high_memory_stream"))
    # Envoy ends no more calls once the action is saturated.
    assert reset["triggers"][0]["scaled"]["saturation_threshold"] == 1.0


def test_fails_if_the_admin_interface_is_open_to_others() -> None:
    with pytest.raises(ValueError, match=r"grpc: 0\.0\.0\.0 is open to others, .* give a loopback address"):
        replace(PROXY, admin_address="0.0.0.0")


def test_fails_if_the_listener_has_the_port_of_the_admin_interface() -> None:
    with pytest.raises(ValueError, match="grpc: 9901 is the port of Envoy's admin interface"):
        replace(PROXY, port=9901)


def test_fails_if_the_metrics_have_the_port_of_the_listener() -> None:
    with pytest.raises(
        ValueError, match="grpc: 50051 is the port of another listener; give the metrics another port"
    ):
        replace(PROXY, metrics=Metrics(port=50051))


@pytest.mark.parametrize(
    ("services", "message"),
    [
        pytest.param([], "no service to route to", id="none"),
        pytest.param([LESSONS, LESSONS], "lessons: two services have this name", id="same name"),
        pytest.param(
            [LESSONS, upstream(GRADING, grpc_services=["learning.v1.Courses"])],
            "lessons: grpc_services[1]: learning.v1.Courses is already routed to grading; remove one",
            id="same proto service",
        ),
        pytest.param(
            [LESSONS, upstream(GRADING, grpc_services=[])],
            "grading: grpc_services: missing, although the proxy has several services",
            id="no proto service",
        ),
        pytest.param(
            [replace(LESSONS, name="envoy_admin")],
            "envoy_admin: the proxy has an internal cluster of this name; give another name",
            id="name of an internal cluster",
        ),
    ],
)
def test_fails_if_a_call_would_not_go_to_exactly_one_service(services: list[Service], message: str) -> None:
    with pytest.raises(RoutingError) as error:
        bootstrap(PROXY, services)
    assert message in str(error.value)


@pytest.mark.parametrize(("number", "methods"), [(1, 1000), (66, 1000), (200, 3000)])
def test_methods_of_more_services_are_counted(number: int, methods: int) -> None:
    names = [f"s{index}" for index in range(number)]
    services = [
        Service(name=name, address=f"{name}.local", upstream=Upstream(grpc_services=[f"a.{name}"]))
        for name in names
    ]
    text = to_json(bootstrap(Proxy(name="grpc", metrics=Metrics()), services))
    assert set(re.findall(r'"max_histograms":(\d+)', text)) == {str(methods)}
    assert set(re.findall(r'"max_counters":(\d+)', text)) == {str(4 * methods)}
