"""Constructs take the groups of settings that YAML takes, and refuse with the names of their arguments."""

from typing import Any

import pytest
from aws_cdk import App, Environment, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_efs as efs
from aws_cdk.assertions import Annotations, Match, Template

from ecs_envoy import (
    ApiAccess,
    CapacityProvider,
    EfsVolume,
    Network,
    PublicApi,
    ServerOptions,
    SidecarContainer,
    TaskOptions,
    Telemetry,
)
from tests.ecs_envoy.constructs.factories import grpc_service, proxy_with

SPOT = [CapacityProvider(provider="FARGATE_SPOT")]
NO_WEIGHT = [CapacityProvider(provider="FARGATE", weight=0)]


def test_fails_on_options_of_a_service_by_the_name_of_the_argument(stack: Stack, network: Network) -> None:
    options = ServerOptions(sidecars={"service": SidecarContainer(image="example.com/a:1")})
    with pytest.raises(ValueError, match=r"lessons: options\.sidecars\.service: is the name of a container"):
        grpc_service(stack, network, options=options)


def test_fails_on_options_of_a_proxy_by_the_name_of_the_argument(stack: Stack, network: Network) -> None:
    with pytest.raises(ValueError, match=r"Proxy: options\.capacity_providers: gives every capacity"):
        proxy_with(
            stack,
            network,
            grpc_service(stack, network),
            options=TaskOptions(capacity_providers=NO_WEIGHT),
        )


@pytest.mark.parametrize(
    ("access", "message"),
    [
        pytest.param(None, r"Api: certificate: missing; give the ARN", id="no certificate"),
        pytest.param(True, r"Api: access: true is not an ApiAccess; give an ApiAccess", id="flag"),
    ],
)
def test_fails_on_how_callers_reach_an_api(
    access: Any,  # noqa: ANN401
    message: str,
    stack: Stack,
    network: Network,
) -> None:
    image = ecs.ContainerImage.from_registry("example.com/api:1")
    with pytest.raises(ValueError, match=message):
        PublicApi(stack, "Api", ecs_cluster=network.ecs_cluster, image=image, access=access)


def test_an_api_without_a_certificate_is_one_with_http_only() -> None:
    stack = Stack(App(), "api", env=Environment(region="eu-west-1"))
    network = Network(stack, "Network", namespace_name="test.local")
    image = ecs.ContainerImage.from_registry("example.com/api:1")
    access = ApiAccess(http_only=True)
    PublicApi(stack, "Api", ecs_cluster=network.ecs_cluster, image=image, access=access)
    Template.from_stack(stack).has_resource_properties(
        "AWS::ElasticLoadBalancingV2::Listener", {"Port": 80, "Protocol": "HTTP"}
    )


def test_a_file_system_of_the_same_app_is_mounted_by_its_reference(stack: Stack, network: Network) -> None:
    files = efs.FileSystem(stack, "Files", vpc=network.vpc)
    (group,) = files.connections.security_groups
    volume = EfsVolume(
        file_system=files.file_system_id, mount_path="/data", security_group=group.security_group_id
    )
    grpc_service(stack, network, options=ServerOptions(volumes={"data": volume}))
    (definition,) = Template.from_stack(stack).find_resources("AWS::ECS::TaskDefinition").values()
    (mounted,) = definition["Properties"]["Volumes"]
    assert "Ref" in mounted["EFSVolumeConfiguration"]["FilesystemId"]


def test_a_proxy_on_fargate_spot_is_warned_of(stack: Stack, network: Network) -> None:
    options = TaskOptions(capacity_providers=SPOT)
    proxy_with(stack, network, grpc_service(stack, network), options=options)
    text = Match.string_like_regexp("capacity_providers: clients lose several proxies at once")
    Annotations.from_stack(stack).has_warning("/test/Proxy", text)


def test_a_service_on_fargate_spot_is_not_warned_of(stack: Stack, network: Network) -> None:
    grpc_service(stack, network, options=ServerOptions(capacity_providers=SPOT))
    assert not Annotations.from_stack(stack).find_warning("*", Match.any_value())


def test_fails_where_a_service_scales_by_calls_that_another_proxy_carries(
    stack: Stack, network: Network
) -> None:
    carried = grpc_service(stack, network)
    other = grpc_service(stack, network, name="grading", max_tasks=4)
    proxy = proxy_with(stack, network, carried, telemetry=Telemetry(cloudwatch=True), memory_limit_mib=1024)
    message = "Proxy: service: grading is not one of its services; give one of lessons"
    with pytest.raises(ValueError, match=message):
        proxy.scale_by_calls(other, calls_per_second=50)


def test_fails_where_a_service_scales_by_its_calls_twice(stack: Stack, network: Network) -> None:
    service = grpc_service(stack, network, max_tasks=4)
    proxy = proxy_with(stack, network, service, telemetry=Telemetry(cloudwatch=True), memory_limit_mib=1024)
    proxy.scale_by_calls(service, calls_per_second=50)
    with pytest.raises(ValueError, match="Proxy: service: lessons scales by its calls already"):
        proxy.scale_by_calls(service, calls_per_second=60)


def unknown_block(stack: Stack) -> ecs.ICluster:
    """Return an ECS cluster in a VPC whose IPv4 block the CDK does not know."""
    vpc = ec2.Vpc.from_vpc_attributes(
        stack,
        "Other",
        vpc_id="vpc-0123456789abcdef0",
        availability_zones=["eu-west-1a", "eu-west-1b"],
        private_subnet_ids=["subnet-1", "subnet-2"],
    )
    return ecs.Cluster.from_cluster_attributes(stack, "Cluster", cluster_name="shared", vpc=vpc)


def test_fails_on_a_file_system_that_only_the_vpcs_unknown_block_could_open(
    stack: Stack, network: Network
) -> None:
    volume = EfsVolume(file_system="fs-01234567", mount_path="/data")
    options = ServerOptions(volumes={"data": volume})
    message = (
        r"lessons: options\.volumes\.data\.security_group: missing, and the VPC's block is not known; give"
    )
    with pytest.raises(ValueError, match=message):
        grpc_service(stack, network, ecs_cluster=unknown_block(stack), options=options)


def test_fails_on_an_internal_alb_in_a_vpc_whose_block_is_not_known() -> None:
    stack = Stack(App(), "api", env=Environment(region="eu-west-1"))
    image = ecs.ContainerImage.from_registry("example.com/api:1")
    access = ApiAccess(internal=True, http_only=True)
    with pytest.raises(ValueError, match=r"Api: access\.internal: lets in the VPC, whose block is not known"):
        PublicApi(stack, "Api", ecs_cluster=unknown_block(stack), image=image, access=access)


@pytest.mark.parametrize(
    ("most", "cloudwatch", "calls", "message"),
    [
        (2, True, 50, "Proxy: service: lessons does not scale; give it max_tasks"),
        (4, False, 50, "Proxy: calls_per_second: are read from CloudWatch; give the proxy telemetry="),
        (4, True, 0, "Proxy: calls_per_second: 0 is not a number of calls a second; give a number from 0.1"),
    ],
)
def test_fails_where_a_service_cannot_scale_by_its_calls(
    most: int, cloudwatch: bool, calls: float, message: str, stack: Stack, network: Network
) -> None:
    service = grpc_service(stack, network, max_tasks=most)
    telemetry = Telemetry(cloudwatch=cloudwatch)
    proxy = proxy_with(stack, network, service, telemetry=telemetry, memory_limit_mib=1024)
    with pytest.raises(ValueError) as error:  # noqa: PT011  # the whole message is compared
        proxy.scale_by_calls(service, calls_per_second=calls)
    assert str(error.value).startswith(message)
