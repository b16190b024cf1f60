"""Each rule for Envoy's bootstrap: what differs, and the line about it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ecs_envoy.review.documents.envoy.comparing import bootstrap_difference
from tests.conftest import ROOT
from tests.ecs_envoy.review.documents.bootstraps import (
    Bootstrap,
    Change,
    bootstrap,
    cluster,
    hosts,
    listener,
    manager,
    search,
)


def both(change: Callable[[dict[str, Any]], object]) -> Change:
    """Return a change of every service alike."""
    return lambda values: [change(cluster(values, name)) for name in ("lessons", "grading")]


def breakers(**limits: int) -> Change:
    return both(lambda found: found["circuit_breakers"]["thresholds"][0].update(limits))


def of_cluster(**fields: object) -> Change:
    return lambda values: cluster(values).update(fields)


def of_search(**fields: object) -> Change:
    return lambda values: search(values).update(fields)


def of_search_route(**fields: object) -> Change:
    return lambda values: hosts(values)[0]["routes"][0].update(fields)


def eds(values: Bootstrap) -> None:
    found = cluster(values)
    del found["load_assignment"]
    found.update(type="EDS", eds_cluster_config={"eds_config": {"path_config_source": {"path": "/e.json"}}})


def every_retry(values: Bootstrap) -> None:
    for host in hosts(values):
        host["retry_policy"]["num_retries"] = 2


def every_timeout(values: Bootstrap) -> None:
    for host in hosts(values):
        for route in host["routes"]:
            route["route"]["timeout"] = "9s"


def without_grading(values: Bootstrap) -> None:
    values["static_resources"]["clusters"].pop()
    hosts(values).pop()
    hosts(values)[0]["routes"].pop()


def rate(calls: int) -> Change:
    bucket = {"max_tokens": calls, "fill_interval": "1s"}
    return of_search_route(
        typed_per_filter_config={"envoy.filters.http.local_ratelimit": {"token_bucket": bucket}}
    )


def weights(lessons: int) -> Change:
    clusters = [{"name": "lessons", "weight": lessons}, {"name": "lessons|v2", "weight": 100 - lessons}]

    def change(values: Bootstrap) -> None:
        del search(values)["cluster"]
        search(values)["weighted_clusters"] = {"clusters": clusters}

    return change


def fault(share: int) -> Change:
    abort = {"grpc_status": 14, "percentage": {"numerator": share}}
    return of_search_route(typed_per_filter_config={"envoy.filters.http.fault": {"abort": abort}})


TLS = {"transport_socket": {"name": "envoy.transport_sockets.tls"}}
HEALTH = {"timeout": "1s", "interval": "1s"}


@pytest.mark.parametrize(
    ("change", "lines"),
    [
        pytest.param(of_search(timeout="1s"), ["`lessons / Search`: timeout `3s` → `1s`"], id="timeout"),
        pytest.param(of_search(timeout="0s"), ["`lessons / Search`: timeout `3s` → `none`"], id="no timeout"),
        pytest.param(
            every_timeout,
            [
                "`grading` and `lessons / learning.v1.Lessons`: timeout `none` → `9s`",
                "`lessons / Search`: timeout `3s` → `9s`",
            ],
            id="timeouts that were not alike",
        ),
        pytest.param(every_retry, ["every route: retries `5` → `2`"], id="retries of every host"),
        pytest.param(
            of_search_route(
                route={
                    "cluster": "lessons",
                    "timeout": "3s",
                    "retry_policy": {"retry_on": "unavailable", "num_retries": 5},
                }
            ),
            ["`lessons / Search`: retries on `connect-failure` → `unavailable`"],
            id="a route's own retries",
        ),
        pytest.param(
            of_search(hedge_policy={"hedge_on_per_try_timeout": True}),
            ["`lessons / Search`: hedging added"],
            id="hedging",
        ),
        pytest.param(rate(50), ["`lessons / Search`: rate limit added: `50 in 1s`"], id="rate limit"),
        pytest.param(
            weights(90),
            ["`lessons / Search`: calls go to `lessons 90, lessons|v2 10` instead of `lessons`"],
            id="canary",
        ),
        pytest.param(
            of_search(request_mirror_policies=[{"cluster": "copy"}]),
            ["`lessons / Search`: mirrored calls added: `copy`"],
            id="mirror",
        ),
        pytest.param(fault(5), ["`lessons / Search`: fault injection added"], id="fault"),
        pytest.param(
            of_search_route(request_headers_to_add=[{"header": {"key": "x-a", "value": "1"}}]),
            ["`lessons / Search`: +1 request header `x-a`"],
            id="header",
        ),
        pytest.param(
            of_search(cluster="grading"),
            ["`lessons / Search`: calls go to `grading` instead of `lessons`"],
            id="target",
        ),
        pytest.param(
            lambda v: hosts(v)[1]["domains"].append("g.example.com"),
            ["`grading`: +1 host `g.example.com`"],
            id="host",
        ),
        pytest.param(
            lambda v: hosts(v)[0]["routes"].pop(1),
            ["`lessons`: -1 route `learning.v1.Lessons/*`"],
            id="route",
        ),
        pytest.param(
            lambda v: hosts(v)[0]["routes"].insert(0, hosts(v)[0]["routes"].pop(1)),
            ["`*`: its routes are tried in another order"],
            id="order of routes that match the same calls",
        ),
        pytest.param(
            lambda v: manager(v)["http_filters"].reverse(),
            ["listener `grpc`: its filters run in another order"],
            id="order of filters",
        ),
        pytest.param(
            without_grading,
            ["service `grading` is gone; it got `learning.v1.Grading/*` and all calls to `grading.grpc`"],
            id="service gone",
        ),
        pytest.param(
            of_cluster(connect_timeout="2s"), ["`lessons`: connect timeout `1s` → `2s`"], id="connect timeout"
        ),
        pytest.param(
            both(lambda found: found.update(connect_timeout="0.050s")),
            ["every service: connect timeout `1s` → `50ms`"],
            id="every service alike",
        ),
        pytest.param(eds, ["`lessons`: discovered by `EDS` instead of `STRICT_DNS`"], id="discovery"),
        pytest.param(
            lambda v: cluster(v)["load_assignment"]["endpoints"][0]["lb_endpoints"][0]["endpoint"]["address"][
                "socket_address"
            ].update(address="new.local"),
            ["`lessons`: address `lessons.local:50051` → `new.local:50051`"],
            id="address",
        ),
        pytest.param(
            of_cluster(lb_policy="LEAST_REQUEST"),
            ["`lessons`: load balancing `ROUND_ROBIN` → `LEAST_REQUEST`"],
            id="load balancing",
        ),
        pytest.param(
            of_cluster(health_checks=[{**HEALTH, "grpc_health_check": {}}]),
            ["`lessons`: health check `grpc` instead of `http2`"],
            id="health check",
        ),
        pytest.param(
            of_cluster(health_checks=[]), ["`lessons`: health check removed: `http2`"], id="no health check"
        ),
        pytest.param(
            of_cluster(outlier_detection=None),
            ["`lessons`: outlier detection removed"],
            id="no outlier detection",
        ),
        pytest.param(
            of_cluster(outlier_detection={"consecutive_gateway_failure": 5}),
            ["`lessons`: outlier detection: unreachable in a row `2` → `5`"],
            id="outlier detection",
        ),
        pytest.param(
            breakers(max_requests=50), ["every service: open calls at most `1000` → `50`"], id="limit"
        ),
        pytest.param(
            breakers(max_requests=50, max_pending_requests=50),
            ["every service: waiting calls and open calls at most `1000` → `50`"],
            id="limits that change alike",
        ),
        pytest.param(
            lambda v: listener(v)["filter_chains"][0].update(TLS), ["listener: TLS added"], id="TLS"
        ),
        pytest.param(
            lambda v: listener(v).update(
                additional_addresses=[
                    {"address": {"socket_address": {"address": "0.0.0.0", "port_value": 50052}}}
                ]
            ),
            ["listener: port `50052` added"],
            id="another port",
        ),
        pytest.param(
            lambda v: listener(v)["address"]["socket_address"].update(port_value=443),
            ["listener: port `50051` → `443`"],
            id="port",
        ),
        pytest.param(
            lambda v: manager(v)["common_http_protocol_options"].update(max_connection_duration="300s"),
            ["listener: longest life of a connection `10m` → `5m`"],
            id="connections",
        ),
        pytest.param(
            lambda v: manager(v)["access_log"][0]["filter"]["runtime_filter"]["percent_sampled"].update(
                numerator=1
            ),
            ["listener: access log: sample `10%` → `1%`"],
            id="access log's sample",
        ),
        pytest.param(
            lambda v: manager(v).pop("access_log"), ["listener: access log removed"], id="no access log"
        ),
        pytest.param(
            lambda v: manager(v).update(tracing={"random_sampling": {"value": 5}}),
            ["listener: tracing added"],
            id="tracing",
        ),
        pytest.param(
            lambda v: v["overload_manager"]["resource_monitors"][0]["typed_config"].update(
                max_heap_size_bytes="314572800"
            ),
            ["the proxy: max heap `150 MiB` → `300 MiB`"],
            id="heap",
        ),
        pytest.param(
            lambda v: v["admin"]["address"]["socket_address"].update(address="0.0.0.0"),
            ["the proxy: admin interface: address `127.0.0.1` → `0.0.0.0`"],
            id="admin interface",
        ),
        pytest.param(
            lambda v: v.update(stats_config={"stats_tags": []}),
            ["the proxy: list of kept statistics added"],
            id="statistics",
        ),
    ],
)
def test_a_difference_has_one_line(change: Change, lines: list[str]) -> None:
    found = bootstrap_difference(bootstrap(), bootstrap(change))
    assert (list(found.lines), found.diff) == (lines, "")


def test_a_new_service_is_said_with_what_it_gets() -> None:
    (line,) = bootstrap_difference(bootstrap(without_grading), bootstrap()).lines
    new, calls = line.split("; ")
    assert new == "service `grading` is new: discovered by `STRICT_DNS`"
    assert calls == "it gets `learning.v1.Grading/*` and all calls to `grading.grpc`"


def test_what_no_rule_words_is_a_diff_of_that_resource_alone() -> None:
    found = bootstrap_difference(
        bootstrap(), bootstrap(of_cluster(alt_stat_name="other", connect_timeout="2s"))
    )
    assert found.lines == ("`lessons`: connect timeout `1s` → `2s`",)
    assert found.diff == "@@ cluster lessons @@\n+alt_stat_name: other"


def test_a_diff_that_is_alike_everywhere_is_shown_once() -> None:
    change = both(
        lambda found: found["circuit_breakers"].update(per_host_thresholds=[{"max_connections": 9}])
    )
    found = bootstrap_difference(bootstrap(), bootstrap(change))
    assert found.diff.count("@@ every service @@") == 1
    assert "+    - max_connections: 9" in found.diff


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda v: v["static_resources"]["clusters"].reverse(), id="clusters"),
        pytest.param(lambda v: hosts(v).reverse(), id="virtual hosts"),
        pytest.param(
            lambda v: hosts(v)[0]["routes"].insert(1, hosts(v)[0]["routes"].pop(2)),
            id="routes that match different calls",
        ),
        pytest.param(of_cluster(connect_timeout="1.000s"), id="the form of a duration"),
        pytest.param(
            lambda v: v["overload_manager"]["resource_monitors"][0]["typed_config"].update(
                max_heap_size_bytes=157286400
            ),
            id="the form of a number",
        ),
        pytest.param(
            lambda v: v.update(overloadManager=v.pop("overload_manager")), id="the form of a field's name"
        ),
    ],
)
def test_order_and_form_do_not_show(change: Change) -> None:
    found = bootstrap_difference(bootstrap(), bootstrap(change))
    assert (found.lines, found.diff) == ((), "")


SNAPSHOTS = ROOT / "tests/envoy_config/snapshots"


@pytest.mark.parametrize("snapshot", sorted(SNAPSHOTS.glob("*.json")), ids=lambda path: path.stem)
def test_whatever_our_settings_change_has_words(snapshot: Path) -> None:
    found = bootstrap_difference(
        *map(json.loads, ((SNAPSHOTS / "two-services.json").read_text(), snapshot.read_text()))
    )
    assert found.diff == ""
