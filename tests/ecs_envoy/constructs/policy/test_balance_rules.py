"""Policies of load balancing, health and capacity that YAML and constructs refuse, with the same message."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from aws_cdk import Stack
from aws_cdk.assertions import Annotations, Match

from ecs_envoy import Network, TrafficPolicy
from ecs_envoy.configuration import load_configuration
from ecs_envoy.configuration.warnings import warnings
from tests.ecs_envoy.configuration.test_configuration import GOOD, problems
from tests.ecs_envoy.constructs.factories import BY_DNS, grpc_service, proxy_with

REFUSED = [
    pytest.param(
        {"load_balancing": {"type": "maglev"}},
        "load_balancing.hash_header: missing, with type: maglev; give the header whose value decides, such as x-user",
        id="a hash of no header",
    ),
    pytest.param(
        {"load_balancing": {"hash_header": "x-user"}},
        "load_balancing.hash_header: has no effect with type: round_robin; give type: ring_hash or maglev, or remove it",
        id="a header that nothing hashes",
    ),
    pytest.param(
        {"load_balancing": {"type": "random", "slow_start": {"window": "30s"}}},
        "load_balancing.slow_start: has no effect with type: random; give type: round_robin or least_request, or",
        id="slow start by lot",
    ),
    pytest.param(
        {"load_balancing": {"type": "ring_hash", "hash_header": "x-user", "zone_aware": True}},
        "load_balancing.zone_aware: has no effect with type: ring_hash, which gives a header's value the same task at",
        id="zones with a hash",
    ),
    pytest.param(
        {"load_balancing": {"panic_threshold": 50}, "health_check": "none", "outlier_detection": "none"},
        "load_balancing.panic_threshold: has no effect with no health_check and no outlier_detection, which alone know",
        id="panic without health",
    ),
    pytest.param(
        {"load_balancing": {"version": "v2"}},
        "load_balancing.version: ECS registers lessons without the attribute version: no task would get calls; remove",
        id="a version that ECS does not register",
    ),
    pytest.param(
        {"health_check": {"service": "learning.v1.Lessons"}},
        "health_check.service: has no effect with type: http2, which asks for no name; give type: grpc, or remove it",
        id="a name that no check asks for",
    ),
    pytest.param(
        {"health_check": {"type": "none", "interval": "5s"}},
        "health_check.interval: has no effect with type: none; give type: http2, grpc or tcp, or remove it",
        id="an interval of no check",
    ),
    pytest.param(
        {"health_check": {"port": 50051}},
        "health_check.port: 50051 is the port that gets calls, which is checked by default; remove it",
        id="the port of calls",
    ),
    pytest.param(
        {"outlier_detection": {"type": "none", "ejection_time": "5s"}},
        "outlier_detection.ejection_time: has no effect with type: none; give type: gateway_failure, or remove it",
        id="an ejection that never comes",
    ),
    pytest.param(
        {"outlier_detection": {"type": "local_origin_failure", "failures": 3}},
        "outlier_detection.failures: has no effect with type: local_origin_failure; give type: gateway_failure, or",
        id="failures that do not count",
    ),
    pytest.param(
        {"circuit_breakers": {"max_open_calls": 9000}},
        "circuit_breakers.max_open_calls: 9000 open calls do not fit Envoy's memory; give 6400 at most, or the proxy more",
        id="more open calls than memory",
    ),
    pytest.param(
        {"circuit_breakers": {"max_pending_calls": 9000}},
        "circuit_breakers.max_pending_calls: 9000 pending calls do not fit Envoy's memory; give 6400 at most, or the",
        id="more pending calls than memory",
    ),
    pytest.param(
        {"circuit_breakers": {"max_connections": 9000}},
        "circuit_breakers.max_connections: 9000 connections do not fit Envoy's memory; give 6400 at most, or the proxy",
        id="more connections than memory",
    ),
    pytest.param(
        {"circuit_breakers": {"max_connections": 50, "max_open_calls": 600}},
        "circuit_breakers.max_open_calls: 50 connections with 10 calls each (connections.max_concurrent_streams) hold 500 "
        "open calls, so 600 is never reached; give fewer calls, or more connections",
        id="calls that no connection holds",
    ),
    pytest.param(
        {"circuit_breakers": {"max_connections": 1}},
        "circuit_breakers.max_connections: the proxy opens a connection to each of up to 2 tasks in any case, more than",
        id="fewer connections than tasks",
    ),
]


@pytest.mark.parametrize(("policy", "message"), REFUSED)
def test_fails_for_a_policy_in_yaml_and_as_an_argument(
    policy: dict[str, Any], message: str, tmp_path: Path, stack: Stack, network: Network
) -> None:
    (line,) = problems(tmp_path, _file(policy))
    assert f"services.lessons.policy.{message}" in line
    service = grpc_service(stack, network, min_tasks=2, policy=TrafficPolicy(**policy))
    with pytest.raises(ValueError, match=re.escape(message)) as error:
        proxy_with(stack, network, service)
    assert len(str(error.value).splitlines()) == 1


def test_fails_for_a_version_if_dns_lists_the_tasks(tmp_path: Path, stack: Stack, network: Network) -> None:
    message = "policy.load_balancing.version: DNS does not say which version a task has; remove it, or give discovery: cloud_map"
    given: dict[str, Any] = {"load_balancing": {"version": "v2"}}
    (line,) = problems(tmp_path, _file(given, discovery="dns", stop_timeout="2m"))
    assert message in line
    service = grpc_service(stack, network, policy=TrafficPolicy(**given), **BY_DNS)
    with pytest.raises(ValueError, match=re.escape(message)):
        proxy_with(stack, network, service)


@pytest.mark.parametrize(
    ("everywhere", "own"),
    [
        pytest.param(
            {"load_balancing": {"type": "maglev", "hash_header": "x-user"}},
            {"load_balancing": {"type": "least_request"}},
            id="a header that the file hashes",
        ),
        pytest.param(
            {"outlier_detection": {"failures": 5}}, {"outlier_detection": "none"}, id="no ejections"
        ),
        pytest.param(
            {"health_check": {"type": "grpc", "interval": "5s"}}, {"health_check": "none"}, id="no checks"
        ),
        pytest.param(
            {"load_balancing": {"panic_threshold": 50}},
            {"health_check": "none", "outlier_detection": "none"},
            id="no bad tasks",
        ),
    ],
)
def test_a_service_may_turn_off_what_the_file_has_for_all(
    everywhere: dict[str, Any], own: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "good.yaml"
    path.write_text(_file(own) + yaml.safe_dump({"policy": everywhere}))
    assert load_configuration(path)


def test_pings_that_servers_do_not_allow_are_a_warning_in_yaml_and_of_the_construct(
    tmp_path: Path, stack: Stack, network: Network
) -> None:
    given: dict[str, Any] = {"connections": {"keepalive_interval": "30s"}}
    path = tmp_path / "good.yaml"
    path.write_text(_file(given))
    found = dict(warnings(load_configuration(path)))
    message = found["services", "lessons", "policy", "connections", "keepalive_interval"]
    assert message.startswith(
        "a gRPC server closes a quiet connection that is pinged every 30s, with its streams; "
    )
    proxy_with(stack, network, grpc_service(stack, network, policy=TrafficPolicy(**given)))
    Annotations.from_stack(stack).has_warning("*", Match.string_like_regexp(re.escape(message)))


def _file(policy: dict[str, Any], **service: str) -> str:
    values = yaml.safe_load(GOOD)
    values["services"]["lessons"] |= {"tasks": 2, "policy": policy, **service}
    return yaml.safe_dump(values)
