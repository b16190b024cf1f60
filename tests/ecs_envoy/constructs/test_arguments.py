"""An argument of the wrong type is refused with its name, its value and what to give."""

from typing import Any

import pytest
from aws_cdk import Stack
from aws_cdk import aws_ecs as ecs

from ecs_envoy import Network, Telemetry
from tests.ecs_envoy.constructs.factories import grpc_service, proxy_with

IMAGE = ecs.ContainerImage.from_registry("envoyproxy/envoy:v1.40.0")
SERVICE = [
    pytest.param({"stop_timeout": 30}, "stop_timeout: 30 is not a Duration; give one such as Duration.seconds(30)", id="seconds"),
    pytest.param({"image": "a/b:1"}, "image: 'a/b:1' is not a ContainerImage; give one such as ecs.ContainerImage.from_registry(", id="image"),
    pytest.param({"secrets": {"A": "arn:aws:..."}}, "secrets.A: 'arn:aws:...' is not a Secret; give one such as ecs.Secret.from_secrets_manager(secret)", id="secret"),
    pytest.param({"environment": {"A": 1}}, "environment.A: 1 is not a string on one line; give text on one line, with numbers", id="number"),
    pytest.param({"environment": ["A"]}, "environment: a list is not a mapping", id="list"),
    pytest.param({"datadog": True}, "datadog: true is not a Datadog; give a Datadog", id="flag"),
    pytest.param({"min_tasks": "2"}, "min_tasks: '2' is not a number of tasks; give a number from 1 to 5000", id="text"),
    pytest.param({"ecs_cluster": "shared"}, "ecs_cluster: 'shared' is not an ICluster; give an ICluster", id="interface"),
    pytest.param({"container_health_check": ["CMD"]}, "container_health_check: a list is not a HealthCheck; give one such as ecs.HealthCheck(", id="check"),
]  # fmt: skip
PROXY = [
    pytest.param({"telemetry": True}, "telemetry: true is not a Telemetry; give a Telemetry", id="flag"),
    pytest.param({"image": IMAGE}, "is not an image with an exact version; give a name with a tag other than latest or a digest", id="image"),
    pytest.param({"services": "lessons"}, "services: 'lessons' is not a list; give one, such as ['lessons']", id="list"),
    pytest.param({"services": ["lessons"]}, "services[0]: 'lessons' is not a RoutedService; give a RoutedService", id="service"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "message"), SERVICE)
def test_fails_on_an_argument_of_a_service(
    arguments: dict[str, Any], message: str, stack: Stack, network: Network
) -> None:
    with pytest.raises(ValueError) as error:  # noqa: PT011  # the whole message is compared
        grpc_service(stack, network, **arguments)
    assert str(error.value).startswith(f"lessons: {message}")


@pytest.mark.parametrize(("arguments", "message"), PROXY)
def test_fails_on_an_argument_of_a_proxy(
    arguments: dict[str, Any], message: str, stack: Stack, network: Network
) -> None:
    with pytest.raises(ValueError) as error:  # noqa: PT011  # the whole message is compared
        proxy_with(stack, network, grpc_service(stack, network), **arguments)
    assert message in str(error.value)


def test_fails_on_a_field_of_telemetry() -> None:
    with pytest.raises(ValueError, match="Telemetry: cloudwatch: 'yes' is not a bool; give a bool"):
        Telemetry(cloudwatch="yes")  # pyright: ignore[reportArgumentType]


def test_every_mistake_comes_at_once_and_nothing_is_made(stack: Stack, network: Network) -> None:
    before = len(stack.node.find_all())
    with pytest.raises(ValueError) as error:  # noqa: PT011  # the whole message is compared
        grpc_service(stack, network, cpu=300, min_tasks=0, datadog=True)
    assert [line.split(": ")[1] for line in str(error.value).splitlines()] == ["cpu", "min_tasks", "datadog"]
    assert len(stack.node.find_all()) == before
