"""A network's rules, and zones: Fargate is not in every one, and a letter does not say which it is."""

import re
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Environment, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk.assertions import Template

from ecs_envoy import Network
from tests.ecs_envoy.configuration.test_configuration import GOOD, problems

NETWORK_RULES = [
    pytest.param(
        "new: {availability_zones: [eu-west-1a]}",
        {"availability_zones": ["eu-west-1a"]},
        "one zone can fail; give at least two",
        id="one zone",
    ),
    pytest.param(
        "new: {availability_zones: [euw1-az1, eu-west-1b]}",
        {"availability_zones": ["euw1-az1", "eu-west-1b"]},
        "gives some zones by id and some by name, which may be the same zone; give ids only",
        id="zones by id and by name",
    ),
    pytest.param(
        "new: {cidr: 10.0.0.1/16}",
        {"cidr": "10.0.0.1/16"},
        "'10.0.0.1/16' is not an IPv4 block",
        id="host bits",
    ),
    pytest.param(
        "new: {cidr: 10.0.0.0/28}", {"cidr": "10.0.0.0/28"}, "is not a VPC's block with room", id="small"
    ),
    pytest.param(
        "new: {nat_gateways: 3}",
        {"nat_gateways": 3},
        "3 NAT gateways are more than the 2 zones",
        id="NAT gateways",
    ),
    pytest.param(
        "ecs_cluster: shared",
        {"ecs_cluster_name": "shared"},
        "names an ECS cluster that already exists; also give its VPC",
        id="ECS cluster without its VPC",
    ),
]


@pytest.mark.parametrize(("text", "arguments", "message"), NETWORK_RULES)
def test_fails_for_a_network_in_yaml_and_as_a_construct(
    text: str, arguments: dict[str, Any], message: str, tmp_path: Path, stack: Stack
) -> None:
    (line,) = problems(tmp_path, GOOD + f"network: {{{text}}}\n")
    assert message in line
    with pytest.raises(ValueError, match=re.escape(message)):
        Network(stack, "Network", namespace_name="test.local", **arguments)


def test_fails_for_settings_of_a_new_vpc_together_with_an_existing_vpc(tmp_path: Path, stack: Stack) -> None:
    message = "is given together with settings of a new VPC; give either the VPC to create or the one to use"
    network = "network: {vpc_id: vpc-0123456789abcdef0, new: {cidr: 10.1.0.0/16}}\n"
    assert problems(tmp_path, GOOD + network) == [f":10: network.vpc_id: {message}"]
    vpc = ec2.Vpc(stack, "Vpc")
    with pytest.raises(ValueError, match=f"Network: vpc: {message}"):
        Network(stack, "Network", namespace_name="test.local", vpc=vpc, cidr="10.1.0.0/16")


@pytest.mark.parametrize(
    ("zones", "message"),
    [
        pytest.param(
            [], "missing, and Fargate is not in every zone of ap-northeast-1; give two or more of", id="none"
        ),
        pytest.param(
            ["ap-northeast-1a", "ap-northeast-1c"],
            "'ap-northeast-1a' may be a zone without Fargate; give ids of zones: apne1-az1",
            id="names",
        ),
        pytest.param(
            ["apne1-az3", "apne1-az1"],
            "Fargate is not in apne1-az3; give zones of apne1-az1, apne1-az2, apne1-az4",
            id="a zone without Fargate",
        ),
        pytest.param(
            ["apne2-az1", "apne1-az1"],
            "'apne2-az1' is not in ap-northeast-1; give a zone of that region, such as apne1-az1",
            id="a zone of another region",
        ),
    ],
)
def test_fails_for_a_new_vpc_that_may_be_where_fargate_is_not(
    zones: list[str], message: str, tmp_path: Path
) -> None:
    text = GOOD.replace("eu-west-1", "ap-northeast-1")
    assert message in problems(tmp_path, text + f"network: {{new: {{availability_zones: {zones}}}}}\n")[0]
    stack = Stack(App(), "test", env=Environment(account="111122223333", region="ap-northeast-1"))
    with pytest.raises(ValueError, match=re.escape(message)):
        Network(stack, "Network", namespace_name="test.local", availability_zones=zones)


def test_zones_by_id_do_not_meet_the_names_of_zones_that_the_cdk_has_looked_up() -> None:
    names = {"availability-zones:account=111122223333:region=eu-west-1": ["eu-west-1a", "eu-west-1b"]}
    env = Environment(account="111122223333", region="eu-west-1")
    stack = Stack(App(context=names), "ids", env=env)
    zones = ["euw1-az1", "euw1-az2", "euw1-az3"]
    Network(stack, "Network", namespace_name="test.local", availability_zones=zones, nat_gateways=3)
    subnets = Template.from_stack(stack).find_resources("AWS::EC2::Subnet").values()
    found = [subnet["Properties"] for subnet in subnets]
    assert sorted(subnet["AvailabilityZoneId"] for subnet in found) == sorted([*zones, *zones])
    assert not [subnet for subnet in found if "AvailabilityZone" in subnet]
