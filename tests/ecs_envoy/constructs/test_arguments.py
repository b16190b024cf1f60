"""Arguments of a wrong type are refused; the message has the name, the value and what to give."""

from typing import Any

import pytest
from aws_cdk import App, CfnParameter, Duration, Fn, Stack, Stage
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_servicediscovery as servicediscovery

from ecs_envoy import ExistingGrpcService, Network, Telemetry
from tests.ecs_envoy.constructs.factories import grpc_service, proxy_with

IMAGE = ecs.ContainerImage.from_registry("envoyproxy/envoy:v1.40.0")
SERVICE = [
    pytest.param({"stop_timeout": 30}, "stop_timeout: 30 is not a Duration; give one such as Duration.seconds(30)", id="seconds"),
    pytest.param({"image": "a/b:1"}, "image: 'a/b:1' is not a ContainerImage; give one such as ecs.ContainerImage.from_registry(", id="image"),
    pytest.param({"secrets": {"A": "arn:aws:..."}}, "secrets.A: 'arn:aws:...' is not a Secret; give one such as ecs.Secret.from_secrets_manager(secret)", id="secret"),
    pytest.param({"environment": {"A": 1}}, "environment.A: 1 is not the text of an environment variable; give text, with numbers", id="number"),
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


def test_fails_with_all_mistakes_at_once_and_makes_nothing(stack: Stack, network: Network) -> None:
    before = len(stack.node.find_all())
    with pytest.raises(ValueError) as error:  # noqa: PT011  # the whole message is compared
        grpc_service(stack, network, cpu=300, min_tasks=0, datadog=True)
    assert [line.split(": ")[1] for line in str(error.value).splitlines()] == ["cpu", "min_tasks", "datadog"]
    assert len(stack.node.find_all()) == before


def test_fails_without_leaving_a_construct_behind(stack: Stack, network: Network) -> None:
    with pytest.raises(ValueError, match="lessons: max_tasks: is 2"):
        grpc_service(stack, network, min_tasks=3, max_tasks=2)
    assert grpc_service(stack, network, min_tasks=2, max_tasks=3)


ODD = [
    pytest.param("interval", "container_health_check.interval: 5500ms is not an interval", id="part of a second"),
    pytest.param("secret", "secrets.A: aws_cdk.aws_secretsmanager", id="another Secret"),
    pytest.param("construct", "ecs_cluster: a Network is not an ICluster; give an ICluster", id="a construct"),
    pytest.param("number", "cpu: a number that is known only when the stack is deployed is not a CPU size", id="number"),
    pytest.param("time", "stop_timeout: is known only when the stack is deployed; give a time", id="time"),
]  # fmt: skip


@pytest.mark.parametrize(("case", "message"), ODD)
def test_fails_on_an_odd_argument_of_a_service(
    case: str, message: str, stack: Stack, network: Network
) -> None:
    number = CfnParameter(stack, "Number", type="Number").value_as_number
    check = ecs.HealthCheck(command=["CMD", "/check"], interval=Duration.millis(5500))
    arguments: dict[str, dict[str, Any]] = {
        "interval": {"container_health_check": check},
        "secret": {"secrets": {"A": secretsmanager.Secret(stack, "S")}},
        "construct": {"ecs_cluster": network},
        "number": {"cpu": number},
        "time": {"stop_timeout": Duration.seconds(number)},
    }
    with pytest.raises(ValueError) as error:  # noqa: PT011  # the whole message is compared
        grpc_service(stack, network, **arguments[case])
    assert str(error.value).startswith(f"lessons: {message}")


def test_what_is_known_only_at_deployment_is_accepted_where_nothing_depends_on_it(stack: Stack) -> None:
    network = Network(
        stack,
        "Network",
        namespace_name="test.local",
        vpc=ec2.Vpc(stack, "Vpc"),
        ecs_cluster_name=Fn.import_value("cluster"),
    )
    cloud_map_service = Fn.import_value("service")
    ExistingGrpcService(stack, "grading", namespace=network.namespace, cloud_map_service=cloud_map_service)
    assert Network(stack, "Other", namespace_name="a.local", availability_zones=stack.availability_zones)


def test_two_stages_of_an_app_may_use_the_same_names() -> None:
    app = App()
    for environment in ("dev", "prod"):
        stack = Stack(Stage(app, environment), "stack")
        assert grpc_service(stack, Network(stack, "Network", namespace_name="learning.local"))


def test_fails_where_the_vpc_has_no_private_subnets(stack: Stack) -> None:
    public = ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC)
    vpc = ec2.Vpc(stack, "Vpc", subnet_configuration=[public], nat_gateways=0)
    network = Network(stack, "Network", namespace_name="test.local", vpc=vpc)
    service = ExistingGrpcService(stack, "grading", namespace=network.namespace, cloud_map_service="grading")
    with pytest.raises(ValueError, match="private subnets in too few availability zones: 0"):
        proxy_with(stack, network, service)  # pyright: ignore[reportArgumentType]


def test_fails_where_the_namespace_has_another_name(stack: Stack) -> None:
    namespace = servicediscovery.PrivateDnsNamespace.from_private_dns_namespace_attributes(
        stack, "Namespace", namespace_name="test.local", namespace_id="ns-1", namespace_arn="arn:aws:x"
    )
    with pytest.raises(ValueError, match=r"'a\.local' is not the name of the namespace, 'test\.local'"):
        Network(stack, "Other", namespace_name="a.local", namespace=namespace)
