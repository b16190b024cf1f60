"""Policies of limits, canaries, mirrors, headers and methods that YAML and constructs refuse alike."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from aws_cdk import Stack

from ecs_envoy import Network, TrafficPolicy
from ecs_envoy.configuration import load_configuration
from tests.ecs_envoy.configuration.test_configuration import GOOD, problems
from tests.ecs_envoy.constructs.factories import grpc_service, proxy_with

GET = "learning.v1.Lessons/Get"
REFUSED = [
    pytest.param(
        {"rate_limit": {"burst": 5}},
        "rate_limit: limits nothing; give calls_per_second",
        id="a limit of nothing",
    ),
    pytest.param(
        {"rate_limit": {"header_calls_per_second": 5}},
        "rate_limit.header_calls_per_second: needs header, whose values are counted apart",
        id="a limit by no header",
    ),
    pytest.param(
        {"rate_limit": {"calls_per_second": 5, "header": "x-tenant"}},
        "rate_limit.header: has no effect without header_calls_per_second; give both",
        id="a header without a limit",
    ),
    pytest.param(
        {"rate_limit": {"calls_per_second": 5, "client_calls_per_second": 6}},
        "rate_limit.client_calls_per_second: is 6, more than calls_per_second, which is 5: it limits nothing",
        id="more for a client than for all",
    ),
    pytest.param(
        {"adaptive_concurrency": {"min_open_calls": 9, "max_open_calls": 8}},
        "adaptive_concurrency.min_open_calls: is 9, more than max_open_calls; give 8 at most",
        id="bounds the wrong way round",
    ),
    pytest.param(
        {"methods": {GET: {"max_message_bytes": 70000}}},
        f"methods.{GET}.max_message_bytes: is for methods with one request, which the proxy holds",
        id="a size for a stream",
    ),
    pytest.param(
        {"canary": {"to": "lessons", "percent": 5}},
        "canary.to: lessons is the service itself; give another service",
        id="a canary that points at itself",
    ),
    pytest.param(
        {"canary": {"to": "curses", "percent": 5}},
        "canary.to: the proxy has no service 'curses'; give one of courses",
        id="a canary that is not there",
    ),
    pytest.param(
        {"canary": {"percent": 5}},
        "canary: does not say where calls go; give to, the name of a service, or version",
        id="a canary without a place",
    ),
    pytest.param(
        {"canary": {"to": "courses"}},
        "canary: does not say which calls go there; give percent or header",
        id="a canary without calls",
    ),
    pytest.param(
        {"canary": [{"to": "courses", "percent": 60}, {"to": "courses", "percent": 50}]},
        "canary: sends 110 % of the calls elsewhere; give shares that sum up to 100 at most",
        id="weights that do not sum up",
    ),
    pytest.param(
        {"canary": [{"to": "courses", "version": "v2", "percent": 60}]},
        "canary[0].version: is given together with to; remove one of the two",
        id="a canary with two places",
    ),
    pytest.param(
        {"canary": {"version": "v2", "percent": 5}},
        "canary.version: ECS registers lessons without the attribute version: no task would get calls; remove it",
        id="a version that ECS does not register",
    ),
    pytest.param(
        {
            "canary": [
                {"to": "courses", "header": "x-a"},
                {"to": "courses", "header": {"name": "x-a", "value": "1"}},
            ]
        },
        "canary[1].header: has no effect, because an earlier entry takes all of these calls; remove one of the two",
        id="a header that an earlier entry takes",
    ),
    pytest.param(
        {"mirror": {"to": "lessons"}},
        "mirror.to: lessons is the service itself; give another service",
        id="a mirror that points at itself",
    ),
    pytest.param(
        {"methods": {"learning.v1.Lesson/Get": {"timeout": "1s"}}},
        "methods.learning.v1.Lesson/Get: learning.v1.Lesson is no proto service of lessons; give a method of",
        id="a method that no service has",
    ),
    pytest.param(
        {"headers": {"request": {"set": {"x-a": "1"}, "remove": ["x-a"]}}},
        "headers.request.remove: removes x-a, which is also given; remove one of the two",
        id="a header that comes and goes",
    ),
]


@pytest.mark.parametrize(
    "canary",
    [
        pytest.param(
            [{"to": "courses", "percent": share} for share in (2.3, 27.4, 13.0, 52.2, 2.7, 2.4)],
            id="shares whose sum as floats is more than 100",
        ),
        pytest.param(
            [{"to": "courses", "header": {"name": "x-a", "value": "1"}}, {"to": "courses", "header": "x-a"}],
            id="a value of a header before all others",
        ),
    ],
)
def test_canaries_may_take_all_calls_between_them(canary: list[dict[str, Any]], tmp_path: Path) -> None:
    path = tmp_path / "good.yaml"
    path.write_text(_file({"services.lessons": {"canary": canary}}))
    assert load_configuration(path)


def test_fails_for_a_canary_that_is_a_name_with_a_cure_that_is_true(tmp_path: Path) -> None:
    (line,) = problems(tmp_path, _file({"services.lessons": {"canary": "courses"}}))
    assert line.endswith("policy.canary: 'courses' is not a mapping; give 'key: value' lines below it")


@pytest.mark.parametrize(("policy", "message"), REFUSED)
def test_fails_for_a_policy_in_yaml_and_as_an_argument(
    policy: dict[str, Any], message: str, tmp_path: Path, stack: Stack, network: Network
) -> None:
    (line,) = problems(tmp_path, _file({"services.lessons": policy}))
    assert f"services.lessons.policy.{message}" in line
    settings: dict[str, Any] = {"policy": TrafficPolicy(**policy), "streaming_methods": [GET]}
    services = [
        grpc_service(stack, network, grpc_services=["learning.v1.Lessons"], **settings),
        grpc_service(stack, network, "courses", grpc_services=["learning.v1.Courses"]),
    ]
    with pytest.raises(ValueError, match=re.escape(message)) as error:
        proxy_with(stack, network, *services)
    assert len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        pytest.param(
            {"canary": {"to": "courses", "percent": 5}},
            "policy.canary: would be for every service, and for the canary itself; give it to one service",
            id="canary",
        ),
        pytest.param(
            {"mirror": {"to": "courses"}},
            "policy.mirror: would be for every service, and for the mirror itself; give it to one service",
            id="mirror",
        ),
        pytest.param(
            {"methods": {"learning.v1.Lesson/Get": {"timeout": "1s"}}},
            "policy.methods.learning.v1.Lesson/Get: learning.v1.Lesson is no proto service of any service of "
            "the proxy; give a method of learning.v1.Courses, learning.v1.Lessons",
            id="method",
        ),
    ],
)
def test_fails_once_for_a_policy_of_all_services(
    policy: dict[str, Any], message: str, tmp_path: Path
) -> None:
    (line,) = problems(tmp_path, _file({"": policy}))
    assert message in line


def _file(policies: dict[str, dict[str, Any]]) -> str:
    values = yaml.safe_load(GOOD)
    lessons = {"streaming_methods": [GET], "policy": policies.get("services.lessons", {})}
    values["services"]["lessons"] |= {"grpc_services": ["learning.v1.Lessons"], **lessons}
    values["services"]["courses"] = {"image": "a.example/b:1", "grpc_services": ["learning.v1.Courses"]}
    return yaml.safe_dump({**values, "policy": policies.get("", {})})
