"""Each rule for Envoy's bootstrap: what differs, and the line about it."""

import pytest

from ecs_envoy.review.documents.envoy.comparing import bootstrap_difference
from tests.ecs_envoy.review.documents.bootstraps import (
    Bootstrap,
    Change,
    bootstrap,
    both,
    cluster,
    hosts,
    listener,
    manager,
    of_cluster,
    search,
)


def breakers(**limits: int) -> Change:
    return both(lambda found: found["circuit_breakers"]["thresholds"][0].update(limits))


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
BY_GRPC: dict[str, object] = {
    "timeout": "1s",
    "interval": "1s",
    "healthy_threshold": 1,
    "unhealthy_threshold": 2,
    "grpc_health_check": {},
}


LINES: dict[str, tuple[Change, list[str]]] = {
    "timeout": (of_search(timeout="1s"), ["`lessons / Search`: timeout `3s` → `1s`"]),
    "no timeout": (of_search(timeout="0s"), ["`lessons / Search`: timeout `3s` → `none`"]),
    "timeouts that were not alike": (
        every_timeout,
        [
            "`grading` and `lessons / learning.v1.Lessons`: timeout `none` → `9s`",
            "`lessons / Search`: timeout `3s` → `9s`",
        ],
    ),
    "retries of every host": (every_retry, ["every route: retries `5` → `2`"]),
    "a route's own retries": (
        of_search_route(
            route={
                "cluster": "lessons",
                "timeout": "3s",
                "retry_policy": {"retry_on": "unavailable", "num_retries": 5},
            }
        ),
        ["`lessons / Search`: retries on `connect-failure` → `unavailable`"],
    ),
    "hedging": (
        of_search(hedge_policy={"hedge_on_per_try_timeout": True}),
        ["`lessons / Search`: hedging added"],
    ),
    "rate limit": (rate(50), ["`lessons / Search`: rate limit added: `50 in 1s`"]),
    "canary": (
        weights(90),
        ["`lessons / Search`: calls go to `lessons 90, lessons|v2 10` instead of `lessons`"],
    ),
    "mirror": (
        of_search(request_mirror_policies=[{"cluster": "copy"}]),
        ["`lessons / Search`: mirrored calls added: `copy`"],
    ),
    "fault": (fault(5), ["`lessons / Search`: fault injection added"]),
    "header": (
        of_search_route(request_headers_to_add=[{"header": {"key": "x-a", "value": "1"}}]),
        ["`lessons / Search`: +1 request header `x-a`"],
    ),
    "target": (
        of_search(cluster="grading"),
        ["`lessons / Search`: calls go to `grading` instead of `lessons`"],
    ),
    "host": (
        lambda v: hosts(v)[1]["domains"].append("g.example.com"),
        ["`grading`: +1 host `g.example.com`"],
    ),
    "route": (lambda v: hosts(v)[0]["routes"].pop(1), ["`lessons`: -1 route `learning.v1.Lessons/*`"]),
    "order of routes that match the same calls": (
        lambda v: hosts(v)[0]["routes"].insert(0, hosts(v)[0]["routes"].pop(1)),
        ["`*`: its routes are tried in another order"],
    ),
    "order of filters": (
        lambda v: manager(v)["http_filters"].reverse(),
        ["listener `grpc`: its filters run in another order"],
    ),
    "service gone": (
        without_grading,
        ["service `grading` is gone; it got `learning.v1.Grading/*` and all calls to `grading.grpc`"],
    ),
    "connect timeout": (of_cluster(connect_timeout="2s"), ["`lessons`: connect timeout `1s` → `2s`"]),
    "every service alike": (
        both(lambda found: found.update(connect_timeout="0.050s")),
        ["every service: connect timeout `1s` → `50ms`"],
    ),
    "discovery": (eds, ["`lessons`: discovered by `EDS` instead of `STRICT_DNS`"]),
    "address": (
        lambda v: cluster(v)["load_assignment"]["endpoints"][0]["lb_endpoints"][0]["endpoint"]["address"][
            "socket_address"
        ].update(address="new.local"),
        ["`lessons`: address `lessons.local:50051` → `new.local:50051`"],
    ),
    "load balancing": (
        of_cluster(lb_policy="LEAST_REQUEST"),
        ["`lessons`: load balancing `ROUND_ROBIN` → `LEAST_REQUEST`"],
    ),
    "health check": (
        of_cluster(health_checks=[BY_GRPC]),
        ["`lessons`: health check `grpc` instead of `http2`"],
    ),
    "no health check": (of_cluster(health_checks=[]), ["`lessons`: health check removed: `http2`"]),
    "no outlier detection": (of_cluster(outlier_detection=None), ["`lessons`: outlier detection removed"]),
    "outlier detection": (
        of_cluster(outlier_detection={"consecutive_gateway_failure": 5}),
        ["`lessons`: outlier detection: unreachable in a row `2` → `5`"],
    ),
    "limit": (breakers(max_requests=50), ["every service: open calls at most `1000` → `50`"]),
    "limits that change alike": (
        breakers(max_requests=50, max_pending_requests=50),
        ["every service: waiting calls and open calls at most `1000` → `50`"],
    ),
    "TLS": (lambda v: listener(v)["filter_chains"][0].update(TLS), ["listener: TLS added"]),
    "another port": (
        lambda v: listener(v).update(
            additional_addresses=[
                {"address": {"socket_address": {"address": "0.0.0.0", "port_value": 50052}}}
            ]
        ),
        ["listener: port `50052` added"],
    ),
    "port": (
        lambda v: listener(v)["address"]["socket_address"].update(port_value=443),
        ["listener: port `50051` → `443`"],
    ),
    "connections": (
        lambda v: manager(v)["common_http_protocol_options"].update(max_connection_duration="300s"),
        ["listener: longest life of a connection `10m` → `5m`"],
    ),
    "access log's sample": (
        lambda v: manager(v)["access_log"][0]["filter"]["runtime_filter"]["percent_sampled"].update(
            numerator=1
        ),
        ["listener: access log: sample `10%` → `1%`"],
    ),
    "no access log": (lambda v: manager(v).pop("access_log"), ["listener: access log removed"]),
    "tracing": (
        lambda v: manager(v).update(tracing={"random_sampling": {"value": 5}}),
        ["listener: tracing added"],
    ),
    "heap": (
        lambda v: v["overload_manager"]["resource_monitors"][0]["typed_config"].update(
            max_heap_size_bytes="314572800"
        ),
        ["the proxy: max heap `150 MiB` → `300 MiB`"],
    ),
    "admin interface": (
        lambda v: v["admin"]["address"]["socket_address"].update(address="0.0.0.0"),
        ["the proxy: admin interface: address `127.0.0.1` → `0.0.0.0`"],
    ),
    "statistics": (
        lambda v: v.update(stats_config={"stats_tags": []}),
        ["the proxy: list of kept statistics added"],
    ),
}


@pytest.mark.parametrize("case", LINES)
def test_a_difference_has_one_line(case: str) -> None:
    change, lines = LINES[case]
    found = bootstrap_difference(bootstrap(), bootstrap(change))
    assert (list(found.lines), found.diff) == (lines, "")


def test_a_new_service_is_said_with_what_it_gets() -> None:
    (line,) = bootstrap_difference(bootstrap(without_grading), bootstrap()).lines
    new, calls = line.split("; ")
    assert new == "service `grading` is new: discovered by `STRICT_DNS`"
    assert calls == "it gets `learning.v1.Grading/*` and all calls to `grading.grpc`"


def test_another_type_of_load_balancing_keeps_the_preference_for_the_own_zone() -> None:
    weighted: dict[str, object] = {"locality_weighted_lb_config": {}}
    least = {
        "name": "envoy.load_balancing_policies.least_request",
        "typed_config": {"locality_lb_config": weighted},
    }
    policy = {"policies": [{"typed_extension_config": least}]}
    old, new = (
        bootstrap(of_cluster(common_lb_config=weighted)),
        bootstrap(of_cluster(load_balancing_policy=policy)),
    )
    lines = bootstrap_difference(old, new).lines
    assert any("load balancing `ROUND_ROBIN` → `LEAST_REQUEST`" in line for line in lines), lines
    assert not any("zone" in line for line in lines), lines
