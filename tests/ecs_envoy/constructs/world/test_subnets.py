"""Where tasks and the ALB are put in a VPC that exists."""

from pathlib import Path
from typing import Any

import pytest
from aws_cdk import Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk.assertions import Template

from ecs_envoy import Network, Place
from tests.ecs_envoy.configuration.test_configuration import GOOD
from tests.ecs_envoy.constructs.factories import grpc_service
from tests.ecs_envoy.constructs.world.from_yaml import Deployed

ZONES = ("eu-west-1a", "eu-west-1b", "eu-west-1c")
GROUPS = {"Edge": "Public", "App": "Private", "Data": "Private", "Deep": "Isolated"}
API = "api:\n  image: example.com/api:1\n  http_only: true\n"
VPC = "vpc-0123456789abcdef0"
ALL = "network: {vpc_id: vpc-0123456789abcdef0, subnets: {SUBNETS}}\n"


def subnet(group: str, zone: int) -> str:
    return f"subnet-{[*GROUPS, 'Edge2'].index(group) + 1:07x}{zone}"


def looked_up(groups: dict[str, str] = GROUPS, *, zones: int = 3, tag: str | None = None) -> dict[str, Any]:
    """Return the context with the CDK CLI's answer about a VPC with these groups of subnets."""
    key = (
        f"vpc-provider:account=111122223333:filter.vpc-id={VPC}:region=eu-west-1:returnAsymmetricSubnets=true"
    )
    return {
        key + (f":subnetGroupNameTag={tag}" if tag else ""): {
            "vpcId": VPC,
            "vpcCidrBlock": "10.20.0.0/16",
            "ownerAccountId": "111122223333",
            "availabilityZones": [],
            "subnetGroups": [
                {
                    "name": name,
                    "type": kind,
                    "subnets": [
                        {
                            "subnetId": subnet(name, zone),
                            "cidr": f"10.20.{zone}.0/24",
                            "availabilityZone": ZONES[zone],
                            "routeTableId": f"rtb-{subnet(name, zone).removeprefix('subnet-')}",
                        }
                        for zone in range(zones)
                    ],
                }
                for name, kind in groups.items()
            ],
        }
    }


def groups_of(subnets: list[str]) -> set[str]:
    return {group for group in GROUPS for zone in range(3) if subnet(group, zone) in subnets}


def tasks_in(deployed: Deployed, stack: str) -> tuple[set[str], str]:
    network = deployed.only(stack, "AWS::ECS::Service")["NetworkConfiguration"]["AwsvpcConfiguration"]
    return groups_of(network["Subnets"]), network["AssignPublicIp"]


IDS = f"ids: [{subnet('Data', 0)}, {subnet('Data', 2)}]"


@pytest.mark.parametrize(
    ("choice", "groups", "public"),
    [
        pytest.param("group: App", {"App"}, "DISABLED", id="group"),
        pytest.param("kind: private", {"App", "Data"}, "DISABLED", id="private"),
        pytest.param("kind: public", {"Edge"}, "ENABLED", id="public"),
        pytest.param("kind: isolated", {"Deep"}, "DISABLED", id="isolated"),
        pytest.param(IDS, {"Data"}, "DISABLED", id="ids"),
        pytest.param("group: Edge, public_addresses: true", {"Edge"}, "ENABLED", id="public by group"),
    ],
)
@pytest.mark.parametrize("stack", ["proxy", "services", "api"])
def test_tasks_run_in_the_subnets_that_are_meant(
    stack: str, choice: str, groups: set[str], public: str, tmp_path: Path
) -> None:
    mirror = "image_mirror: 111122223333.dkr.ecr.eu-west-1.amazonaws.com\n"
    text = GOOD + API + mirror + ALL.replace("SUBNETS", f"{stack}: {{{choice}}}")
    deployed = Deployed(text, tmp_path, looked_up())
    assert tasks_in(deployed, stack) == (groups, public)
    for other in {"proxy", "services", "api"} - {stack}:
        assert tasks_in(deployed, other) == ({"App", "Data"}, "DISABLED")


def test_subnets_are_found_by_a_tag_of_the_teams_own(tmp_path: Path) -> None:
    tags = "proxy: {tags: {Tier: App}}, services: {tags: {Tier: Data}}"
    deployed = Deployed(GOOD + ALL.replace("SUBNETS", tags), tmp_path, looked_up(tag="Tier"))
    assert tasks_in(deployed, "proxy") == ({"App"}, "DISABLED")
    assert tasks_in(deployed, "services") == ({"Data"}, "DISABLED")


@pytest.mark.parametrize(
    ("internal", "choice", "group"),
    [
        pytest.param("false", "", "Edge", id="public by default"),
        pytest.param("true", "load_balancer: {group: Data}", "Data", id="internal in a group"),
    ],
)
def test_an_alb_is_in_the_subnets_that_are_meant(
    internal: str, choice: str, group: str, tmp_path: Path
) -> None:
    text = GOOD + API + f"  internal: {internal}\n" + ALL.replace("SUBNETS", choice)
    balancer = Deployed(text, tmp_path, looked_up()).only("api", "AWS::ElasticLoadBalancingV2::LoadBalancer")
    assert groups_of(balancer["Subnets"]) == {group}


TWO_OF_A_ZONE = {"Edge": "Public", "Edge2": "Public", "App": "Private", "Data": "Private"}


@pytest.mark.parametrize("internal", ["false", "true"])
@pytest.mark.parametrize("choice", ["", "load_balancer: {kind: KIND}"])
def test_an_alb_takes_one_subnet_of_each_zone(internal: str, choice: str, tmp_path: Path) -> None:
    choice = choice.replace("KIND", "private" if internal == "true" else "public")
    text = GOOD + API + f"  internal: {internal}\n" + ALL.replace("SUBNETS", choice)
    deployed = Deployed(text, tmp_path, looked_up(TWO_OF_A_ZONE))
    balancer = deployed.only("api", "AWS::ElasticLoadBalancingV2::LoadBalancer")
    assert sorted(subnet[-1] for subnet in balancer["Subnets"]) == ["0", "1", "2"]


def test_tasks_stay_without_public_addresses_in_public_subnets_if_the_file_says_so(tmp_path: Path) -> None:
    text = GOOD + ALL.replace("SUBNETS", "proxy: {group: Edge, public_addresses: false}")
    assert tasks_in(Deployed(text, tmp_path, looked_up()), "proxy") == ({"Edge"}, "DISABLED")


KNOWN = f"""\
network:
  vpc:
    id: {VPC}
    cidr: 10.20.0.0/16
    availability_zones: [eu-west-1a, eu-west-1b]
    subnets:
      - {{group: App, kind: private, ids: [{subnet("App", 0)}, {subnet("App", 1)}]}}
      - {{group: Data, kind: private, ids: [{subnet("Data", 0)}, {subnet("Data", 1)}]}}
  subnets: {{proxy: {{group: App}}, services: {{ids: [{subnet("Data", 0)}, {subnet("Data", 1)}]}}}}
"""


def test_a_vpc_that_the_file_describes_needs_no_look_up(tmp_path: Path) -> None:
    deployed = Deployed(GOOD + KNOWN, tmp_path)
    assert tasks_in(deployed, "proxy") == ({"App"}, "DISABLED")
    assert tasks_in(deployed, "services") == ({"Data"}, "DISABLED")
    assert deployed.missing() == []
    assert not [warning for warning in deployed.warnings() if "subnet" in warning]
    assert not deployed.all("AWS::EC2::VPC")


ISOLATED = """\
image_mirror: 111122223333.dkr.ecr.eu-west-1.amazonaws.com
network:
  vpc_id: vpc-0123456789abcdef0
  endpoints: true
  subnets: {proxy: {kind: isolated}, services: {kind: isolated}}
"""


def test_a_vpc_of_isolated_subnets_gets_the_endpoints_that_tasks_need(tmp_path: Path) -> None:
    context = looked_up({"Deep": "Isolated"})
    deployed = Deployed(GOOD + ISOLATED + "telemetry: {tracing: true}\n", tmp_path, context)
    endpoints = deployed.resources("network", "AWS::EC2::VPCEndpoint")
    inside = {
        e["ServiceName"].removeprefix("com.amazonaws.eu-west-1.")
        for e in endpoints
        if e["VpcEndpointType"] == "Interface"
    }
    names = "ecr.api ecr.dkr logs secretsmanager ssm servicediscovery data-servicediscovery sqs xray"
    assert inside == set(names.split())
    (gateway,) = (e for e in endpoints if e["VpcEndpointType"] == "Gateway")
    assert sorted(gateway["RouteTableIds"]) == [
        f"rtb-{subnet('Deep', zone).removeprefix('subnet-')}" for zone in range(3)
    ]
    assert {tuple(e["SubnetIds"]) for e in endpoints if e["VpcEndpointType"] == "Interface"} == {
        tuple(subnet("Deep", zone) for zone in range(3))
    }


def test_endpoints_take_one_subnet_of_each_zone(tmp_path: Path) -> None:
    ids = ", ".join(subnet(group, zone) for group, zone in (("App", 0), ("Data", 0), ("Data", 1)))
    chosen = f"subnets: {{proxy: {{ids: [{ids}]}}}}"
    text = GOOD + f"network: {{vpc_id: {VPC}, endpoints: true, {chosen}}}\n"
    endpoints = Deployed(text, tmp_path, looked_up()).resources("network", "AWS::EC2::VPCEndpoint")
    found = {tuple(e["SubnetIds"]) for e in endpoints if e["VpcEndpointType"] == "Interface"}
    assert found == {(subnet("App", 0), subnet("Data", 1))}


def test_a_service_that_ecs_lists_needs_the_endpoint_of_ecs(tmp_path: Path) -> None:
    reports = (
        "{ecs_service: {cluster: shared, name: reports}, grpc_services: [a.B], security_group: sg-00000001}"
    )
    text = GOOD + ISOLATED + f"existing_services: {{reports: {reports}}}\n"
    deployed = Deployed(text, tmp_path, looked_up({"Deep": "Isolated"}))
    names = [e["ServiceName"] for e in deployed.resources("network", "AWS::EC2::VPCEndpoint")]
    assert "com.amazonaws.eu-west-1.ecs" in names


def test_a_construct_takes_a_place(stack: Stack, network: Network) -> None:
    place = Place(subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC), public_addresses=True)
    grpc_service(stack, network, place=place)
    (service,) = Template.from_stack(stack).find_resources("AWS::ECS::Service").values()
    network_of_tasks = service["Properties"]["NetworkConfiguration"]["AwsvpcConfiguration"]
    assert network_of_tasks["AssignPublicIp"] == "ENABLED"
    assert all("PublicSubnet" in str(found) for found in network_of_tasks["Subnets"])
