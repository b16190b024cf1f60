"""The routes, as a type of its own and as Envoy reads them."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from envoy_config import Discovery, Proxy, Route, Service, TrafficPolicy, Upstream
from envoy_config.bootstrap import bootstrap
from envoy_config.policy.load_balancing import LoadBalancing
from envoy_config.rendering import to_json
from envoy_config.route import route_configuration
from envoy_config.routing import Claim, routes
from tests.conftest import Envoy

LESSONS, GRADING = (
    Service(name=name, address=f"{name}.learning.local", own_name=f"{name}.grpc.learning.local", max_tasks=4)
    for name in ("lessons", "grading")
)
PROTO = "learning.v1.Lessons"


def virtual_hosts(found: list[Route]) -> list[dict[str, Any]]:
    return json.loads(to_json(route_configuration(found, [LESSONS, GRADING])))["virtual_hosts"]


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        pytest.param([Claim(service="lessons")], [Route(service="lessons")], id="a sole service"),
        pytest.param(
            [Claim(service="lessons", grpc_services=[PROTO], hosts=["A.example.com"], own_name="l.g.local")],
            [
                Route(service="lessons", proto_service=PROTO),
                Route(service="lessons", host="a.example.com"),
                Route(service="lessons", host="l.g.local"),
            ],
            id="its names get it every call",
        ),
        pytest.param(
            [
                Claim(service="lessons", grpc_services=["a.A"], hosts=["x"]),
                Claim(service="grading", grpc_services=["b.B"], hosts=["x"]),
            ],
            [
                Route(service="lessons", proto_service="a.A"),
                Route(service="grading", proto_service="b.B"),
                Route(service="lessons", host="x", proto_service="a.A"),
                Route(service="grading", host="x", proto_service="b.B"),
            ],
            id="a shared name",
        ),
        pytest.param(
            [Claim(service="lessons", hosts=["x"]), Claim(service="grading", grpc_services=["b.B"])],
            [Route(service="grading", proto_service="b.B"), Route(service="lessons", host="x")],
            id="only by its host",
        ),
    ],
)
def test_the_routes_of_services(claims: list[Claim], expected: list[Route]) -> None:
    assert list(routes(claims)) == expected


def test_of_two_routes_that_match_a_call_the_narrower_comes_first_whatever_their_order() -> None:
    narrow = [
        Route(service="grading", proto_service=PROTO, method="Watch", headers=(("x-tenant", "a"),)),
        Route(service="grading", proto_service=PROTO, method="Watch"),
        Route(service="lessons", proto_service=PROTO, headers=(("x-tenant", "a"),)),
        Route(service="lessons", proto_service=PROTO),
        Route(service="grading"),
    ]
    (one,), (other,) = virtual_hosts(narrow), virtual_hosts(narrow[::-1])
    assert one == other
    match = [route["match"] for route in one["routes"]]
    tenant = [{"name": "x-tenant", "string_match": {"exact": "a"}}]
    assert match == [
        {"path": f"/{PROTO}/Watch", "headers": tenant},
        {"path": f"/{PROTO}/Watch"},
        {"prefix": f"/{PROTO}/", "headers": tenant},
        {"prefix": f"/{PROTO}/"},
        {"prefix": "/"},
    ]
    assert [route["name"] for route in one["routes"]] == [
        "grading",
        "grading",
        "lessons",
        "lessons",
        "grading",
    ]


def test_names_with_the_same_routes_are_one_virtual_host() -> None:
    found = [
        Route(service="lessons", proto_service=PROTO),
        *(Route(service="lessons", host=host) for host in ("b.example.com", "a.example.com")),
        Route(service="grading", host="c.example.com"),
    ]
    assert [host["domains"] for host in virtual_hosts(found)] == [
        ["*"],
        ["a.example.com", "b.example.com"],
        ["c.example.com"],
    ]


def test_a_sole_service_has_one_virtual_host_for_every_name() -> None:
    (sole,) = virtual_hosts(list(routes([LESSONS.claim])))
    assert sole["domains"] == ["*"]


def test_services_retry_as_their_zones_ask_where_they_share_a_virtual_host(
    envoy: Envoy, tmp_path: Path
) -> None:
    def made(name: str, *, zone_aware: bool) -> Service:
        upstream = Upstream(grpc_services=[f"{name}.v1.S"])
        policy = TrafficPolicy(load_balancing=LoadBalancing(zone_aware=zone_aware))
        return replace(
            LESSONS,
            name=name,
            own_name=f"{name}.g.local",
            upstream=upstream,
            policy=policy,
            discovery=Discovery.EDS,
        )

    text = to_json(bootstrap(Proxy(name="grpc"), [made("a", zone_aware=True), made("b", zone_aware=False)]))
    envoy.validate(text, tmp_path)
    listener = json.loads(text)["static_resources"]["listeners"][0]
    manager = listener["filter_chains"][0]["filters"][-1]["typed_config"]

    def attempts(of: dict[str, Any]) -> int:
        return int(of["retry_policy"]["host_selection_retry_max_attempts"])

    by_domain = {host["domains"][0]: host for host in manager["route_config"]["virtual_hosts"]}
    shared = by_domain["*"]
    assert attempts(shared) == attempts(by_domain["a.g.local"]) == 40
    assert attempts(shared["routes"][1]["route"]) == attempts(by_domain["b.g.local"]) == 5
    assert "retry_policy" not in shared["routes"][0]["route"]
