"""How policies are merged, and which methods get a route of their own."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from envoy_config import Proxy, RoutingError, Service, SettingsError, TrafficPolicy, Upstream
from envoy_config.bootstrap import bootstrap
from envoy_config.policy.layers import EffectivePolicy, effective_policies
from envoy_config.policy.merging import method_policy, service_policy
from envoy_config.rendering import to_json

L = "learning.v1.Lessons"


def seconds(policy: TrafficPolicy, method: str, *, stream: bool = False) -> float | None:
    timeout = method_policy(policy, method, stream=stream).timeout
    return timeout.total_seconds() if timeout else None


def given(**settings: Any) -> TrafficPolicy:  # noqa: ANN401
    return TrafficPolicy(**settings)


@pytest.mark.parametrize(
    ("method", "stream", "timeout"),
    [
        pytest.param(f"{L}/Other", False, 3, id="of all methods of the proto service"),
        pytest.param(f"{L}/Search", False, 4, id="of the method"),
        pytest.param("learning.v1.Courses/List", False, 2, id="of the service"),
        pytest.param(f"{L}/Watch", True, None, id="a stream inherits none"),
        pytest.param(f"{L}/Follow", True, 9, id="a stream's own"),
    ],
)
def test_the_most_special_policy_wins(method: str, stream: bool, timeout: float | None) -> None:
    methods = {
        f"{L}/*": {"timeout": "3s"},
        f"{L}/Search": {"timeout": "4s"},
        f"{L}/Follow": {"timeout": "9s"},
    }
    policy = service_policy(given(timeout="1s"), given(timeout="2s", methods=methods))
    assert seconds(policy, method, stream=stream) == timeout


def test_a_block_is_merged_key_by_key_a_list_is_replaced_and_null_turns_a_block_off() -> None:
    defaults = given(
        retries={"attempts": 3, "on": ["unavailable", "aborted"], "back_off": {"base": "10ms"}},
        hedging={"after": "1s"},
        headers={"request": {"set": {"x-a": "1", "x-b": "1"}}},
    )
    own = given(
        retries={"on": ["internal"], "back_off": {"max": "2s"}},
        hedging=None,
        headers={"request": {"set": {"x-b": "2"}}},
    )
    merged = service_policy(defaults, own)
    assert (merged.retries.attempts, merged.retries.on) == (3, ("internal",))
    assert merged.retries.back_off.base == timedelta(milliseconds=10)
    assert merged.retries.back_off.max == timedelta(seconds=2)
    assert merged.hedging is None
    assert merged.headers.request.set == {"x-a": "1", "x-b": "2"}
    assert method_policy(service_policy(defaults, given()), f"{L}/Get").hedging is not None


def test_a_method_of_another_service_is_left_out_of_what_all_have() -> None:
    defaults = given(methods={f"{L}/Get": {"timeout": "1s"}, "a.B/Get": {"timeout": "1s"}})
    assert list(service_policy(defaults, given(), grpc_services=[L]).methods) == [f"{L}/Get"]


def test_a_method_that_any_server_may_have_is_kept() -> None:
    defaults = given(methods={"grpc.health.v1.Health/*": {"timeout": "1s"}})
    assert list(service_policy(defaults, given(), grpc_services=[L]).methods) == ["grpc.health.v1.Health/*"]


def test_each_value_says_where_it_was_given() -> None:
    defaults = given(timeout="1s", retries={"attempts": 2}, hedging={"after": "1s"})
    own = given(timeout="2s", methods={f"{L}/Get": {"retries": {"attempts": 4}, "hedging": None}})
    found = {
        each.method: each
        for each in effective_policies(
            service="lessons",
            defaults=defaults,
            own=own,
            whole=service_policy(defaults, own, grpc_services=[L]),
            streaming_methods=[],
        )
    }
    method: EffectivePolicy = found[f"{L}/Get"]
    here = ("services", "lessons", "policy")
    assert method.source("timeout") == (*here, "timeout")
    assert method.source("retries", "attempts") == (*here, "methods", f"{L}/Get", "retries", "attempts")
    assert method.source("hedging", "after") == (*here, "methods", f"{L}/Get", "hedging")
    assert found[""].source("hedging", "after") == ("policy", "hedging", "after")
    assert method.source("idle_timeout") is None


def routes(policy: TrafficPolicy, **upstream: Any) -> dict[str, dict[str, Any]]:  # noqa: ANN401
    service = Service(
        name="lessons", address="a.b", upstream=Upstream(grpc_services=[L], **upstream), policy=policy
    )
    written = json.loads(to_json(bootstrap(Proxy(name="grpc"), [service])))
    (chain,) = written["static_resources"]["listeners"][0]["filter_chains"]
    hosts = chain["filters"][-1]["typed_config"]["route_config"]["virtual_hosts"]
    return {
        f"{host['domains'][0]} {route['match'].get('path') or route['match']['prefix']}": route["route"]
        for host in hosts
        for route in host["routes"]
    }


def test_only_methods_with_another_policy_have_a_route_of_their_own() -> None:
    policy = given(timeout="1s", methods={f"{L}/Same": {"timeout": "1s"}, f"{L}/Slow": {"timeout": "5s"}})
    found = routes(policy, hosts=["lessons.example.com"])
    assert {path: route["timeout"] for path, route in found.items()} == {
        f"* /{L}/Slow": "5s",
        f"* /{L}/": "1s",
        f"lessons.example.com /{L}/Slow": "5s",
        "lessons.example.com /": "1s",
    }


def test_a_service_that_gets_calls_by_a_canary_or_as_copies_needs_no_calls_of_its_own() -> None:
    policies = {"lessons": given(canary={"to": "next", "percent": 5}, mirror={"to": "shadow"})}
    services = [
        Service(
            name=name,
            address="a.b",
            upstream=Upstream(grpc_services=[L] if name == "lessons" else []),
            policy=policies.get(name, given()),
        )
        for name in ("lessons", "next", "shadow")
    ]
    written = json.loads(to_json(bootstrap(Proxy(name="grpc"), services)))
    names = [cluster["name"] for cluster in written["static_resources"]["clusters"]]
    assert names == ["lessons", "next", "shadow"]
    with pytest.raises(RoutingError, match=r"^shadow: grpc_services: missing"):
        bootstrap(Proxy(name="grpc"), [services[0], *services[2:], replace(services[1], name="shadow2")][1:])


def test_a_policy_of_a_proto_service_holds_whatever_name_the_client_dials() -> None:
    found = routes(given(methods={f"{L}/*": {"timeout": "5s"}}), hosts=["lessons.example.com"])
    assert found[f"lessons.example.com /{L}/"]["timeout"] == found[f"* /{L}/"]["timeout"] == "5s"
    assert found["lessons.example.com /"]["timeout"] == "0s"


@pytest.mark.parametrize(
    ("settings", "path", "message"),
    [
        pytest.param({"health_check": "http"}, ("health_check",), "'http' is unknown", id="short form"),
        pytest.param(
            {"canary": {"to": "b", "percent": 0}},
            ("canary", "percent"),
            "0 is not a percentage",
            id="one canary",
        ),
        pytest.param(
            {"canary": [{"to": "b", "percent": 0}]},
            ("canary", 0, "percent"),
            "0 is not a percentage",
            id="a list of canaries",
        ),
        pytest.param(
            {"retries": {"on": ["unavalable"]}},
            ("retries", "on", 0),
            "'unavalable' is unknown; give one of",
            id="status",
        ),
        pytest.param(
            {"admission_control": {"success_percent": 0.5}},
            ("admission_control", "success_percent"),
            "0.5 is not a percentage of calls that have to succeed; give a number from 1 to 100",
            id="a share with which Envoy does not start",
        ),
        pytest.param(
            {"methods": {"a.B/C": {"connect_timeout": "1s"}}},
            ("methods", "a.B/C", "connect_timeout"),
            "unknown key; the methods of a service share its connections; give it in the policy of the",
            id="a setting of a whole service",
        ),
        pytest.param(
            {"headers": {"request": {"set": {"grpc-timeout": "1S"}}}},
            ("headers", "request", "set", "grpc-timeout"),
            "'grpc-timeout' is not a header that may be named",
            id="a header of gRPC itself",
        ),
        pytest.param(
            {"headers": {"response": {"add": {"Keep-Alive": "1"}}}},
            ("headers", "response", "add", "Keep-Alive"),
            "'Keep-Alive' is not a header that may be named",
            id="a header that HTTP/2 forbids",
        ),
        pytest.param(
            {"methods": {"a.B/C": TrafficPolicy(connect_timeout="2s")}},  # type: ignore[arg-type]  # pyright: ignore
            ("methods", "a.B/C"),
            "a TrafficPolicy is for a whole service; give a MethodPolicy",
            id="the policy of a service for a method",
        ),
    ],
)
def test_fails_with_the_key_as_it_was_given(settings: dict[str, Any], path: object, message: str) -> None:
    with pytest.raises(SettingsError) as error:
        TrafficPolicy(**settings)
    ((found, text),) = error.value.problems
    assert found == path
    assert text.startswith(message)
