"""Subnets of a VPC that exists in which tasks would not start, or the ALB would not be reached."""

from pathlib import Path
from typing import Any

import pytest
from aws_cdk import Stack
from aws_cdk import aws_ec2 as ec2

from ecs_envoy import ArgumentError, Network, Place
from envoy_config import SettingsError
from tests.ecs_envoy.configuration.test_configuration import GOOD
from tests.ecs_envoy.constructs.factories import grpc_service, proxy_with
from tests.ecs_envoy.constructs.world.from_yaml import Deployed
from tests.ecs_envoy.constructs.world.test_subnets import ALL, API, GROUPS, looked_up, subnet


@pytest.mark.parametrize(
    ("text", "context", "path", "message"),
    [
        pytest.param(
            ALL.replace("SUBNETS", ""),
            looked_up({"Edge": "Public"}),
            ("network", "vpc_id"),
            "has public subnets only; give kind: public to proxy, services in network.subnets: each task "
            "then has a public address",
            id="public only",
        ),
        pytest.param(
            ALL.replace("SUBNETS", "services: {group: Edge}"),
            looked_up(),
            ("network", "subnets", "services"),
            "names public subnets, where a task without a public address reaches nothing outside the VPC; "
            "also give public_addresses: true, or false if that is meant",
            id="public by group",
        ),
        pytest.param(
            ALL.replace("SUBNETS", f"proxy: {{ids: [{subnet('App', 0)}, {subnet('Edge', 1)}]}}"),
            looked_up(),
            ("network", "subnets", "proxy"),
            "names public subnets, where a task without a public address reaches nothing outside the VPC; "
            "also give public_addresses: true, or false if that is meant",
            id="a public one by id",
        ),
        pytest.param(
            ALL.replace("SUBNETS", "proxy: {group: Deep}"),
            looked_up(),
            ("network", "subnets", "proxy"),
            "isolated subnets have no way to Docker Hub and ECR Public; also give image_mirror",
            id="isolated by group",
        ),
        pytest.param(
            API + ALL.replace("SUBNETS", "load_balancer: {group: App}"),
            looked_up(),
            ("network", "subnets", "load_balancer"),
            "names subnets without an internet gateway, through which a public ALB is reached; give public "
            "ones, or api.internal: true",
            id="public ALB in private subnets",
        ),
        pytest.param(
            API
            + ALL.replace(
                "SUBNETS",
                f"load_balancer: {{ids: [{subnet('Edge', 0)}, {subnet('Edge2', 0)}, {subnet('Edge', 1)}]}}",
            ),
            looked_up(GROUPS | {"Edge2": "Public"}),
            ("network", "subnets", "load_balancer", "ids"),
            "names several subnets in eu-west-1a, and an ALB takes one in each zone; give one",
            id="ALB twice in a zone",
        ),
        pytest.param(
            ALL.replace("SUBNETS", ""),
            looked_up({"Deep": "Isolated"}),
            ("network", "vpc_id"),
            "has isolated subnets only; give kind: isolated to proxy, services in network.subnets, and "
            "endpoints for ecr.api, ecr.dkr, logs, secretsmanager, ssm, servicediscovery, "
            "data-servicediscovery and S3: network.endpoints makes them",
            id="isolated only",
        ),
        pytest.param(
            ALL.replace("SUBNETS", ""),
            looked_up({"App": "Private"}, zones=1),
            ("network", "vpc_id"),
            "has private subnets in eu-west-1a only, and one zone can fail; give a VPC with two or more",
            id="one zone",
        ),
        pytest.param(
            ALL.replace("SUBNETS", f"services: {{ids: [{subnet('App', 0)}]}}"),
            looked_up(),
            ("network", "subnets", "services"),
            "names subnets in eu-west-1a only, and one zone can fail; give subnets in two zones or more",
            id="one id",
        ),
        pytest.param(
            ALL.replace("SUBNETS", "proxy: {ids: [subnet-0123456789abcdef0]}"),
            looked_up(),
            ("network", "subnets", "proxy", "ids"),
            "subnet-0123456789abcdef0: not in the VPC; give ids of its subnets",
            id="an unknown id",
        ),
        pytest.param(
            ALL.replace("SUBNETS", "services: {group: Web}"),
            looked_up(),
            ("network", "subnets", "services"),
            "names subnets in no zone, and one zone can fail; give subnets in two zones or more",
            id="an unknown group",
        ),
    ],
)
def test_fails_on_a_vpc_without_the_subnets_that_are_needed_by_the_key(
    text: str, context: dict[str, Any], path: tuple[str, ...], message: str, tmp_path: Path
) -> None:
    with pytest.raises(SettingsError) as error:
        Deployed(GOOD + text, tmp_path, context)
    assert error.value.problems == ((path, message),)


def test_fails_on_a_place_without_subnets_by_its_argument(stack: Stack, network: Network) -> None:
    place = Place(subnets=ec2.SubnetSelection(subnet_group_name="Web"))
    with pytest.raises(ArgumentError) as error:
        proxy_with(stack, network, grpc_service(stack, network), place=place)
    assert str(error.value) == (
        "Proxy: place: names subnets in too few zones of the VPC: 0; give subnets in two zones or more"
    )
