"""YAML and constructs refuse the same values with the same messages."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Duration, Stack
from aws_cdk import aws_ecs as ecs

from ecs_envoy import ExistingGrpcService, Network
from ecs_envoy.configuration import load_configuration
from ecs_envoy.configuration.plans import proxy_task
from tests.ecs_envoy.configuration.test_configuration import GOOD, problems
from tests.ecs_envoy.constructs.factories import grpc_service, proxy_with

LONG = "a" * 64
SERVICE_RULES = [
    pytest.param("    port: 70000\n", {"port": 70000}, "70000 is not a port; give a number", id="port"),
    pytest.param("    cpu: 300\n", {"cpu": 300}, "300 is not a CPU size of Fargate; give one of 256", id="cpu"),
    pytest.param(
        "    memory: 4096\n",
        {"memory_limit_mib": 4096},
        "Fargate does not offer 4096 MiB with 256 CPU units; give memory: 512, 1024, 2048",
        id="memory",
    ),
    pytest.param(
        "    policy: {connections: {max_concurrent_streams: 0}}\n",
        {"connections": {"max_concurrent_streams": 0}},
        "0 is not a number of open calls on a connection; give a number from 1 to 1024",
        id="streams",
    ),
    pytest.param(
        "    policy: {circuit_breakers: {max_open_calls: 0}}\n",
        {"circuit_breakers": {"max_open_calls": 0}},
        "0 is not a number of calls, connections or retries at once; give a number from 1 to 1000000",
        id="open calls",
    ),
    pytest.param(
        "    policy: {rate_limit: {client_calls_per_second: 0.5}}\n",
        {"rate_limit": {"client_calls_per_second": 0.5}},
        "0.5 is not a number of calls a second; give a whole number from 1 to 1000000",
        id="calls a second",
    ),
    pytest.param("    tasks: 0\n", {"min_tasks": 0}, "0 is not a number of tasks; give a number from 1", id="no task"),
    pytest.param("    tasks: -1\n", {"min_tasks": -1}, "-1 is not a number of tasks; give a number from 1", id="-1"),
    pytest.param(
        "    tasks: {min: 3, max: 2}\n",
        {"min_tasks": 3, "max_tasks": 2},
        "is 2, less than the minimum of 3; give 3 or more",
        id="bounds",
    ),
    pytest.param(
        "    tasks: {min: 1, max: 2, cpu_percent: 600}\n",
        {"min_tasks": 1, "max_tasks": 2, "cpu_percent": 600},
        "600 is not a percentage of CPU; give a number from 10 to 90",
        id="CPU percentage",
    ),
    pytest.param(
        "    tasks: 9\n    discovery: dns\n",
        {"min_tasks": 9, "discovery": "dns"},
        "9 tasks are twice as many in a rolling deployment, and a DNS answer lists 8",
        id="more tasks than DNS lists",
    ),
    pytest.param(
        "    policy: {connect_timeout: 1m}\n",
        {"connect_timeout": "1m"},
        "'1m' is not a connect timeout; give a time from 10ms to 30s",
        id="connect timeout",
    ),
    pytest.param("    discovery: consul\n", {"discovery": "consul"}, "'consul' is unknown; give one of", id="discovery"),
    pytest.param(
        "    policy: {load_balancing: {zone_aware: true}}\n    discovery: dns\n    stop_timeout: 2m\n",
        {"load_balancing": {"zone_aware": True}, "discovery": "dns", "stop_timeout": Duration.minutes(2)},
        "DNS does not say which zone a task is in; remove it",
        id="zones by DNS",
    ),
    pytest.param("    policy: {health_check: http}\n", {"health_check": "http"}, "'http' is unknown; give one of", id="check"),
    pytest.param(
        "    grpc_services: t.v1.A\n",
        {"grpc_services": "t.v1.A"},
        "'t.v1.A' is not a list; give one, such as ['t.v1.A']",
        id="a string for a list",
    ),
    pytest.param(
        "    grpc_services: [a/b]\n", {"grpc_services": ["a/b"]}, "'a/b' is not a proto service; give its", id="proto"
    ),
    pytest.param(
        "    stop_timeout: 3m\n",
        {"stop_timeout": Duration.minutes(3)},
        "is not a stop timeout on Fargate; give whole seconds from 2s to 2m",
        id="stop timeout",
    ),
    pytest.param(
        "    pre_stop_wait: 3s\n",
        {"pre_stop_wait": Duration.seconds(3)},
        "a wait of 3s ends before the proxies know that the task stops; give 4s to 115s, or 0s if the server keeps serving by itself",
        id="pre-stop wait",
    ),
    pytest.param(
        "    discovery: dns\n    pre_stop_wait: 0s\n",
        {"discovery": "dns", "pre_stop_wait": Duration.seconds(0)},
        "by DNS the proxies call a task until 72s after SIGTERM, and ECS kills the server after 30s; give discovery:",
        id="a server that ends before the proxies know",
    ),
    pytest.param(
        "    pre_stop_image: a.example/b:1\n    pre_stop_wait: 0s\n",
        {
            "pre_stop_image": ecs.ContainerImage.from_registry("a.example/b:1"),
            "pre_stop_wait": Duration.seconds(0),
        },
        "has no effect with pre_stop_wait: 0s; remove one of the two",
        id="pre-stop image",
    ),
    pytest.param(
        "    container_health_check: {command: [/check], interval: 5s, timeout: 30s}\n",
        {
            "container_health_check": ecs.HealthCheck(
                command=["CMD", "/check"], interval=Duration.seconds(5), timeout=Duration.seconds(30)
            )
        },
        "is 30s, longer than the interval; give 5s at most",
        id="timeout longer than the interval",
    ),
    pytest.param(
        f"    environment: {{A: {'x' * 60_000}}}\n",
        {"environment": {"A": "x" * 60_000}},
        "takes 60005 bytes, more than the 55296 that fit a task definition",
        id="environment",
    ),
    pytest.param(
        "    environment: {1A: x}\n",
        {"environment": {"1A": "x"}},
        "'1A' is not the name of an environment variable",
        id="variable",
    ),
    pytest.param("    environment: {A: 1}\n", {"environment": {"A": 1}}, "1 is not the text of an environment variable", id="number"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "arguments", "message"), SERVICE_RULES)
def test_fails_for_a_service_in_yaml_and_as_a_construct(
    text: str, arguments: dict[str, Any], message: str, tmp_path: Path, stack: Stack, network: Network
) -> None:
    base = GOOD.replace("    grpc_services: [learning.v1.Lessons]\n", "")
    (line,) = problems(tmp_path, base + text)
    assert message in line
    with pytest.raises(ValueError, match=re.escape(message)) as error:
        grpc_service(stack, network, **arguments)
    assert len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize("name", ["a_b", "Lessons", "a.b", "", LONG, "1a", "a-"])
def test_fails_for_a_name_in_yaml_and_as_a_construct(
    name: str, tmp_path: Path, stack: Stack, network: Network
) -> None:
    message = "has 64 characters; give 63 at most" if name == LONG else f"{name!r} is not a DNS label; give"
    (line,) = problems(tmp_path, GOOD.replace("  lessons:\n", f"  {name!r}:\n"))
    assert message in line
    (line,) = problems(tmp_path, GOOD + f"proxy: {{name: {name!r}}}\n")
    assert message in line
    for make in (
        lambda: grpc_service(stack, network, name, construct_id="Lessons"),
        lambda: proxy_with(stack, network, grpc_service(stack, network), name=name),
    ):
        with pytest.raises(ValueError, match=re.escape(message)):
            make()


PROXY_RULES = [
    pytest.param("port: 99999", {"port": 99999}, "99999 is not a port that Envoy may open", id="port"),
    pytest.param("port: 80", {"port": 80}, "80 is not a port that Envoy may open", id="privileged"),
    pytest.param("port: 9901", {"port": 9901}, "9901 is the port of Envoy's admin interface", id="admin's port"),
    pytest.param(
        "drain: 21s",
        {"drain": Duration.seconds(21)},
        "21s are too long: Fargate ends the task 2m after SIGTERM, and clients need 95s of them to leave; give 1s to 20s",
        id="drain",
    ),
    pytest.param("drain: 0s", {"drain": Duration.seconds(0)}, "give whole seconds from 1s to 20s", id="no drain"),
    pytest.param("cpu: 300", {"cpu": 300}, "300 is not a CPU size of Fargate", id="cpu"),
    pytest.param("memory: 128", {"memory_limit_mib": 128}, "128 is not a memory size in MiB", id="memory"),
    pytest.param("memory: 4096", {"memory_limit_mib": 4096}, "Fargate does not offer 4096 MiB with 256", id="size"),
    pytest.param(
        "max_connections: 0", {"max_connections": 0}, "0 is not a number of connections; give a number from 8", id="none"
    ),
    pytest.param(
        "max_connections: 9000",
        {"max_connections": 9000},
        "9000 connections do not fit Envoy's memory; give 6400 at most, or more memory",
        id="too many connections",
    ),
    pytest.param("tasks: 0", {"tasks": 0}, "0 is not a number of tasks; give a number from 1 to 5000", id="tasks"),
    pytest.param(
        "tasks: {min: 3, max: 2}",
        {"tasks": 3, "max_tasks": 2},
        "is 2, less than the minimum of 3; give 3 or more",
        id="bounds",
    ),
    pytest.param(
        "tasks: {min: 1, max: 2, cpu_percent: 95}",
        {"tasks": 1, "max_tasks": 2, "cpu_percent": 95},
        "95 is not a percentage of CPU; give a number from 10 to 90",
        id="CPU percentage",
    ),
    pytest.param("name: lessons", {"name": "lessons"}, "has the proxy's name, 'lessons'; give each its own", id="name"),
    pytest.param(
        "aliases: [lessons]", {"aliases": ["lessons"]}, "'lessons' is the name of the service lessons; give", id="alias"
    ),
    pytest.param(
        "aliases: [rpc, rpc]", {"aliases": ["rpc", "rpc"]}, "'rpc' is the name of another alias; give", id="alias twice"
    ),
    pytest.param(
        "image: envoyproxy/envoy:v1.40-latest",
        {"image": "envoyproxy/envoy:v1.40-latest"},
        "does not name an exact version of Envoy; give a full version or a digest",
        id="image",
    ),
    pytest.param(
        "discovery: {interval: 100ms}",
        {"discovery_interval": Duration.millis(100)},
        "is not an interval between polls; give a time from 500ms to 1m",
        id="interval",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "arguments", "message"), PROXY_RULES)
def test_fails_for_a_proxy_in_yaml_and_as_a_construct(
    text: str, arguments: dict[str, Any], message: str, tmp_path: Path, stack: Stack, network: Network
) -> None:
    (line,) = problems(tmp_path, GOOD + f"proxy: {{{text}}}\n")
    assert message in line
    with pytest.raises(ValueError, match=re.escape(message)):
        proxy_with(stack, network, grpc_service(stack, network), **arguments)


def test_fails_for_more_open_calls_than_fit_envoy_in_yaml_and_as_a_construct(
    tmp_path: Path, stack: Stack, network: Network
) -> None:
    message = "policy.circuit_breakers.max_open_calls: 9000 open calls do not fit Envoy's memory; give 6400 at most, or the proxy more memory"
    (line,) = problems(tmp_path, GOOD + "    policy: {circuit_breakers: {max_open_calls: 9000}}\n")
    assert f"services.lessons.{message}" in line
    with pytest.raises(ValueError, match=re.escape(message)):
        proxy_with(stack, network, grpc_service(stack, network, circuit_breakers={"max_open_calls": 9000}))


def test_a_setting_of_envoy_gives_the_same_bootstrap_from_yaml_and_from_a_construct(
    tmp_path: Path, stack: Stack, network: Network
) -> None:
    path = tmp_path / "good.yaml"
    path.write_text(GOOD.replace("learning.local", "test.local") + "    policy: {connect_timeout: 250ms}\n")
    from_yaml = proxy_task(load_configuration(path)).bootstrap
    service = grpc_service(
        stack, network, connect_timeout=timedelta(milliseconds=250), grpc_services=["learning.v1.Lessons"]
    )
    assert proxy_with(stack, network, service).plan.bootstrap == from_yaml
    assert '"connect_timeout":"0.250s"' in from_yaml


@pytest.mark.parametrize("name", ["amazonaws.com", "x.amazonaws.com.cn", "a..b", "A.local", "-a.local"])
def test_fails_for_a_namespace_in_yaml_and_as_a_construct(name: str, tmp_path: Path, stack: Stack) -> None:
    (line,) = problems(tmp_path, GOOD.replace("learning.local", name))
    (message,) = re.findall(r"namespace\.name: (.*); give", line)
    with pytest.raises(ValueError, match=re.escape(message)):
        Network(stack, "Network", namespace_name=name)


@pytest.mark.parametrize(
    "name", ["GradingService", "api-1.5", "_grading._tcp", "2fa-service", "grading_service", "internal"]
)
def test_names_that_exist_in_cloud_map_are_accepted(
    name: str, tmp_path: Path, stack: Stack, network: Network
) -> None:
    service = ExistingGrpcService(stack, "grading", namespace=network.namespace, cloud_map_service=name)
    assert service.plan.address == f"{name}.test.local"
    text = GOOD + "existing_services:\n  grading:\n    cloud_map_service: NAME\n    grpc_services: [a.B]\n"
    found = problems(tmp_path, text.replace("NAME", name))
    assert [line.partition(": ")[2] for line in found] == [
        "existing_services: need a namespace that already exists; also give namespace.id"
    ]


def test_fails_if_two_constructs_of_an_app_have_the_same_name_in_a_namespace() -> None:
    app = App()
    stack = Stack(app, "test")
    network = Network(stack, "Network", namespace_name="test.local")
    proxy_with(stack, network, grpc_service(stack, network))
    other = Stack(app, "other")
    with pytest.raises(ValueError, match="'grpc' is already the name of test/Proxy in this namespace"):
        proxy_with(other, network, grpc_service(other, network, "grading"))
    with pytest.raises(ValueError, match="'lessons' is already the name of test/lessons in this namespace"):
        grpc_service(other, network, "lessons")


def test_another_app_may_have_the_same_names() -> None:
    for app in (App(), App()):
        other = Stack(app, "test")
        grpc_service(other, Network(other, "Network", namespace_name="test.local"))
