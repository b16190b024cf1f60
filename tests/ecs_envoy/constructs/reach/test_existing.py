"""Services that something else deploys, wherever they are: rules, rights and settings of the sidecar."""

import json
import re
from ipaddress import IPv4Network, collapse_addresses
from typing import Any

import pytest
from aws_cdk import App, CfnParameter, Environment, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_servicediscovery as servicediscovery
from aws_cdk.assertions import Template

from ecs_envoy import ArgumentError, EnvoyProxy, ExistingGrpcService, Network, PortRange
from envoy_config import TrafficPolicy, Upstream
from envoy_config.policy.load_balancing import LoadBalancing

GROUP = "sg-0123456789abcdef0"


def proxy(stack: Stack, network: Network, **options: Any) -> EnvoyProxy:  # noqa: ANN401
    """Return a proxy in front of one existing service."""
    return EnvoyProxy(
        stack,
        "Proxy",
        ecs_cluster=network.ecs_cluster,
        namespace=network.namespace,
        services=[ExistingGrpcService(stack, "grading", **options)],
        discovery_events=False,  # their rights are another test's
    )


def ecs_service(stack: Stack, name: str = "grading") -> ecs.IBaseService:
    arn = f"arn:aws:ecs:eu-west-1:111122223333:service/shared/{name}"
    return ecs.BaseService.from_service_arn_with_cluster(stack, f"Ecs-{name}", arn)


def http_namespace(stack: Stack) -> servicediscovery.INamespace:
    return servicediscovery.HttpNamespace.from_http_namespace_attributes(
        stack,
        "Http",
        namespace_arn="arn:aws:servicediscovery:eu-west-1:111122223333:namespace/ns-http",
        namespace_id="ns-http",
        namespace_name="Team*1",
    )


def outbound(stack: Stack) -> set[tuple[str, int, int]]:
    """Return the blocks and ports that the proxy may connect to, without HTTPS."""
    groups = Template.from_stack(stack).find_resources("AWS::EC2::SecurityGroup").values()
    return {
        (rule["CidrIp"], rule["FromPort"], rule["ToPort"])
        for group in groups
        for rule in group["Properties"]["SecurityGroupEgress"]
        if rule.get("FromPort") != 443 and rule["CidrIp"] != "255.255.255.255/32"  # nobody
    }


def test_without_a_security_group_the_proxy_may_connect_to_the_private_subnets_at_the_port(
    stack: Stack, network: Network
) -> None:
    upstream = Upstream(port=50052)
    proxy(stack, network, namespace=network.namespace, cloud_map_service="grading", upstream=upstream)
    subnets = [IPv4Network(subnet.ipv4_cidr_block) for subnet in network.vpc.private_subnets]
    assert outbound(stack) == {(str(block), 50052, 50052) for block in collapse_addresses(subnets)}


def test_blocks_that_are_given_are_opened_and_no_others(stack: Stack, network: Network) -> None:
    proxy(stack, network, address="lessons.corp:8443", cidrs=["10.50.0.0/16"])
    assert outbound(stack) == {("10.50.0.0/16", 8443, 8443)}


def test_the_ports_of_instances_are_opened_as_one_range(stack: Stack, network: Network) -> None:
    proxy(
        stack,
        network,
        namespace=network.namespace,
        cloud_map_service="grading",
        instance_ports=PortRange(first=40000, last=40999),
        security_group=ec2.SecurityGroup.from_security_group_id(stack, "Group", GROUP),
    )
    rules = Template.from_stack(stack).find_resources("AWS::EC2::SecurityGroupIngress").values()
    inbound = [
        (rule["Properties"]["FromPort"], rule["Properties"]["ToPort"])
        for rule in rules
        if rule["Properties"]["GroupId"] == GROUP
    ]
    assert inbound == [(40000, 40999)]


def test_fails_without_a_security_group_where_the_blocks_of_the_vpc_are_not_known() -> None:
    stack = Stack(App(), "test", env=Environment(account="111122223333", region="eu-west-1"))
    vpc = ec2.Vpc.from_vpc_attributes(
        stack,
        "Vpc",
        vpc_id="vpc-0123456789abcdef0",
        availability_zones=["eu-west-1a", "eu-west-1b"],
        private_subnet_ids=["subnet-1", "subnet-2"],
    )
    network = Network(stack, "Network", namespace_name="test.local", vpc=vpc)
    message = "services.grading.security_group: missing, and the blocks of the VPC's private subnets are not "
    with pytest.raises(ValueError, match=re.escape(f"Proxy: {message}known; give it, or cidrs")):
        proxy(stack, network, namespace=network.namespace, cloud_map_service="grading")


def statements(stack: Stack) -> list[dict[str, Any]]:
    """Return the rights of the proxy's tasks."""
    policies = Template.from_stack(stack).find_resources("AWS::IAM::Policy")
    return [
        statement
        for name, policy in policies.items()
        if name.startswith("ProxyTaskDefinitionTaskRole")
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if statement["Action"] != "servicediscovery:GetNamespace"
    ]


def test_tasks_that_ecs_lists_are_read_with_rights_for_their_cluster_only(
    stack: Stack, network: Network
) -> None:
    policy = TrafficPolicy(load_balancing=LoadBalancing(zone_aware=False))
    made = proxy(stack, network, ecs_service=ecs_service(stack), policy=policy)
    listing, describing = statements(stack)
    assert listing["Action"] == "ecs:ListTasks"
    assert ":cluster/shared" in json.dumps(listing["Condition"]["ArnEquals"]["ecs:cluster"])
    assert describing["Action"] == "ecs:DescribeTasks"
    assert ":task/shared/*" in json.dumps(describing["Resource"])
    assert json.loads(made.plan.discovery or "")["services"] == [
        {
            "name": "grading",
            "port": 50051,
            "zone_aware": False,
            "cloud_map_health": False,
            "ecs_cluster": "shared",
            "ecs_service": "grading",
        }
    ]


def test_another_namespace_is_asked_by_its_id_and_only_for_that_service(
    stack: Stack, network: Network
) -> None:
    policy = TrafficPolicy(load_balancing=LoadBalancing(zone_aware=False))
    made = proxy(stack, network, namespace=http_namespace(stack), cloud_map_service="grading", policy=policy)
    (discovering,) = statements(stack)
    assert discovering["Condition"] == {
        "StringLike": {"servicediscovery:NamespaceName": "Team${*}1*"},  # IAM's way to write an asterisk
        "StringEquals": {"servicediscovery:ServiceName": ["grading"]},
    }
    (followed,) = json.loads(made.plan.discovery or "")["services"]
    assert (followed["namespace"], followed["cloud_map_service"]) == ("ns-http", "grading")


def test_an_address_is_found_by_envoys_dns_and_needs_no_sidecar(stack: Stack, network: Network) -> None:
    made = proxy(stack, network, address="lessons.corp:8443", cidrs=["10.50.0.0/16"])
    assert made.discovery_container is None
    assert '"address":"lessons.corp","port_value":8443' in made.plan.bootstrap


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param({}, "grading: cloud_map_service: does not say where its tasks are", id="nowhere"),
        pytest.param(
            {"cloud_map_service": "grading"},
            "grading: namespace: missing; give the Cloud Map namespace of cloud_map_service",
            id="no namespace",
        ),
        pytest.param(
            {"address": "lessons.corp:8443"}, "grading: cidrs: missing", id="an address that no rule names"
        ),
        pytest.param(
            {"address": "lessons.corp:8443", "cidrs": ["10.5.0.0/16"], "upstream": Upstream(port=8443)},
            "grading: port: is given together with address",
            id="port given twice",
        ),
    ],
)
def test_fails_for_a_wrong_place(options: dict[str, Any], message: str, stack: Stack) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        ExistingGrpcService(stack, "grading", **options)


def rules(stack: Stack, kind: str) -> list[tuple[str, str, int]]:
    """Return the groups and the first port of each rule of `kind` in `stack`, Ingress or Egress."""
    found = Template.from_stack(stack).find_resources(f"AWS::EC2::SecurityGroup{kind}").values()
    peer = "SourceSecurityGroupId" if kind == "Ingress" else "DestinationSecurityGroupId"
    return [
        (
            json.dumps(rule["Properties"]["GroupId"]),
            json.dumps(rule["Properties"][peer]),
            rule["Properties"]["FromPort"],
        )
        for rule in found
    ]


@pytest.mark.parametrize("imports", [1, 2], ids=["imported once", "imported twice"])
def test_services_that_share_a_security_group_and_a_port_have_one_rule(
    imports: int, stack: Stack, network: Network
) -> None:
    """EC2 refuses a second one with InvalidPermission.Duplicate, whatever its description says."""
    groups = [
        ec2.SecurityGroup.from_security_group_id(stack, f"Group{number}", GROUP) for number in range(imports)
    ]
    EnvoyProxy(
        stack,
        "Proxy",
        ecs_cluster=network.ecs_cluster,
        namespace=network.namespace,
        services=[
            ExistingGrpcService(
                stack,
                name,
                namespace=network.namespace,
                cloud_map_service=name,
                security_group=groups[number % imports],
                upstream=Upstream(port=port, grpc_services=(f"a.v1.{name.title()}",)),
            )
            for number, (name, port) in enumerate([("lessons", 50052), ("grading", 50052), ("users", 50053)])
        ],
    )
    for kind in ("Ingress", "Egress"):
        found = rules(stack, kind)
        assert len(found) == len(set(found))
    assert sorted(port for group, _, port in rules(stack, "Ingress") if GROUP in group) == [50052, 50053]


@pytest.mark.parametrize(
    ("ports", "message"),
    [
        pytest.param({"first": "40000"}, "first: '40000' is not a port", id="text"),
        pytest.param({"first": 0}, "first: 0 is not a port", id="zero"),
        pytest.param({"last": None}, "last: nothing is not a port", id="nothing"),
    ],
)
def test_fails_on_a_range_of_what_is_no_port(ports: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        PortRange(**ports)


def test_fails_on_an_address_that_is_known_only_at_deployment(stack: Stack) -> None:
    address = CfnParameter(stack, "Address").value_as_string
    message = "grading: address: is known only when the stack is deployed; give it as text, such as lessons"
    with pytest.raises(ValueError, match=message):
        ExistingGrpcService(stack, "grading", address=address, cidrs=["10.50.0.0/16"])


def test_fails_on_an_ecs_service_that_does_not_know_its_cluster(stack: Stack) -> None:
    arn = "arn:aws:ecs:eu-west-1:111122223333:service/shared/grading"
    service: Any = ecs.FargateService.from_fargate_service_arn(stack, "Ecs", arn)
    message = re.escape(
        "grading: ecs_service: has no ECS cluster; give one such as ecs.BaseService.from_service_arn_with"
    )
    with pytest.raises(ValueError, match=message):
        ExistingGrpcService(stack, "grading", ecs_service=service)


def test_fails_where_the_proxy_would_find_a_service_at_itself(stack: Stack, network: Network) -> None:
    with pytest.raises(ArgumentError) as error:
        proxy(stack, network, address="GRPC.test.local:50051", cidrs=["10.50.0.0/16"])
    assert str(error.value) == (
        "Proxy: services.grading.address: GRPC.test.local is the proxy's own name, so that it would call "
        "itself; give a name that leads to the tasks"
    )
