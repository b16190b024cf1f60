"""Properties that have no key of ours are set by place and path, in YAML and in constructs."""

from pathlib import Path

import pytest
from aws_cdk import Stack
from aws_cdk.assertions import Template

from ecs_envoy import Network
from tests.ecs_envoy.configuration.test_configuration import GOOD
from tests.ecs_envoy.constructs.factories import grpc_service, proxy_with
from tests.ecs_envoy.constructs.world.from_yaml import Deployed

API = "api:\n  image: example.com/api:1\n  http_only: true\n"
SERVICE = "{min: 2, max: 4}"
TASK = {
    "task_definition": "AWS::ECS::TaskDefinition",
    "ecs_service": "AWS::ECS::Service",
    "security_group": "AWS::EC2::SecurityGroup",
    "log_group": "AWS::Logs::LogGroup",
    "task_role": "AWS::IAM::Role",
    "execution_role": "AWS::IAM::Role",
    "scaling_target": "AWS::ApplicationAutoScaling::ScalableTarget",
    "cloud_map_service": "AWS::ServiceDiscovery::Service",
}
LOAD_BALANCER = {
    "load_balancer": "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "listener": "AWS::ElasticLoadBalancingV2::Listener",
    "target_group": "AWS::ElasticLoadBalancingV2::TargetGroup",
    "access_log_bucket": "AWS::S3::Bucket",
}
NETWORK = {
    "vpc": "AWS::EC2::VPC",
    "ecs_cluster": "AWS::ECS::Cluster",
    "namespace": "AWS::ServiceDiscovery::PrivateDnsNamespace",
}


def _at(block: str, place: str) -> str:
    """Return a file in which `place` in `block` has a property of its own."""
    override = f"overrides: {{{place}: {{Mark.Name: ours}}}}"
    tasks = "tasks: {min: 2, max: 4}"
    if block == "service":
        return GOOD + f"    {tasks}\n    {override}\n"
    if block == "api":
        return GOOD + API + f"  {tasks}\n  {override}\n"
    if block == "proxy":
        metrics = "telemetry: {cloudwatch: true}\n"
        return GOOD + f"proxy:\n  memory: 1024\n  {tasks}\n  {override}\n" + metrics
    return GOOD + f"network:\n  {override}\n"


@pytest.mark.parametrize(
    ("block", "place", "kind"),
    [
        *(("service", place, kind) for place, kind in TASK.items()),
        *(("proxy", place, kind) for place, kind in TASK.items()),
        ("proxy", "metrics_log_group", "AWS::Logs::LogGroup"),
        *(("api", place, kind) for place, kind in TASK.items() if place != "cloud_map_service"),
        *(("api", place, kind) for place, kind in LOAD_BALANCER.items()),
        *(("network", place, kind) for place, kind in NETWORK.items()),
    ],
)
def test_a_property_is_set_at_each_place(block: str, place: str, kind: str, tmp_path: Path) -> None:
    deployed = Deployed(_at(block, place), tmp_path)
    marked = [resource for resource in deployed.all(kind) if resource.get("Mark") == {"Name": "ours"}]
    assert len(marked) == 1


def test_fails_where_a_place_of_a_construct_is_not_there_with_those_that_are(
    stack: Stack, network: Network
) -> None:
    there = "ecs_service, execution_role, log_group, security_group, task_definition, task_role"
    with pytest.raises(ValueError) as error:  # noqa: PT011  # the whole message is compared
        grpc_service(stack, network, overrides={"scaling_target": {"MaxCapacity": 9}})
    expected = "lessons: overrides.scaling_target: is not there to override; give one of cloud_map_service, "
    assert str(error.value) == expected + there


def test_a_construct_takes_overrides_too(stack: Stack, network: Network) -> None:
    service = grpc_service(stack, network, overrides={"task_definition": {"PidMode": "task"}})
    proxy_with(stack, network, service, overrides={"ecs_service": {"EnableECSManagedTags": True}})
    template = Template.from_stack(stack)
    template.has_resource_properties("AWS::ECS::TaskDefinition", {"PidMode": "task"})
    template.has_resource_properties("AWS::ECS::Service", {"EnableECSManagedTags": True})


def test_fails_for_a_place_of_a_construct_that_nobody_knows(stack: Stack, network: Network) -> None:
    with pytest.raises(
        ValueError, match=r"lessons: overrides\.task: 'task' is unknown; give one of 'task_def"
    ):
        grpc_service(stack, network, overrides={"task": {"PidMode": "task"}})
