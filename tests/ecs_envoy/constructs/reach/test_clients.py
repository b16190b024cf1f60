"""Who may call a proxy, as constructs say it."""

from collections.abc import Callable
from typing import Any

import pytest
from aws_cdk import App, Environment, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk.assertions import Annotations, Match, Template

from ecs_envoy import Network
from tests.ecs_envoy.constructs.factories import grpc_service, proxy_with

GROUP = "sg-0123456789abcdef0"
WARNING = Match.string_like_regexp("nobody may call the proxy.*\\[ack: ecs-envoy:nobodyMayCall\\]")


def ingress(template: Template, port: int = 50051) -> list[dict[str, Any]]:
    """Return the inbound rules at `port` in `template`: those of their own, and those in a group."""
    rules = [
        found["Properties"] for found in template.find_resources("AWS::EC2::SecurityGroupIngress").values()
    ]
    for group in template.find_resources("AWS::EC2::SecurityGroup").values():
        rules += group["Properties"].get("SecurityGroupIngress", [])
    return [rule for rule in rules if rule.get("FromPort") == port]


def security_group(stack: Stack) -> ec2.IConnectable:
    return ec2.SecurityGroup.from_security_group_id(stack, "Client", GROUP)


def block(_: Stack) -> ec2.IConnectable:
    return ec2.Peer.ipv4("10.9.0.0/16")


def prefix_list(_: Stack) -> ec2.IConnectable:
    return ec2.Peer.prefix_list("pl-0123456789abcdef0")


@pytest.mark.parametrize(
    ("client", "source"),
    [
        pytest.param(security_group, {"SourceSecurityGroupId": GROUP}, id="security group"),
        pytest.param(block, {"CidrIp": "10.9.0.0/16"}, id="block"),
        pytest.param(prefix_list, {"SourcePrefixListId": "pl-0123456789abcdef0"}, id="prefix list"),
    ],
)
def test_each_kind_of_client_may_call_the_proxy_and_nobody_else_may(
    client: Callable[[Stack], ec2.IConnectable], source: dict[str, str], stack: Stack, network: Network
) -> None:
    proxy_with(stack, network, grpc_service(stack, network, port=50052), clients=[client(stack)])
    (rule,) = ingress(Template.from_stack(stack))
    assert source.items() <= rule.items()
    Annotations.from_stack(stack).has_no_warning("*", WARNING)


def test_a_service_that_is_a_client_may_call_the_proxy_from_another_stack() -> None:
    app = App()
    env = Environment(account="111122223333", region="eu-west-1")
    first, second = Stack(app, "services", env=env), Stack(app, "proxy", env=env)
    network = Network(first, "Network", namespace_name="a.local", availability_zones=["euw1-az1", "euw1-az2"])
    service = grpc_service(first, network, port=50052)
    proxy_with(second, network, service, clients=[service])
    assembly = app.synth()  # with a cycle between the stacks the CDK would refuse it
    assert "proxy" not in [d.id for d in assembly.get_stack_by_name("services").dependencies]
    assert len(ingress(Template.from_stack(second))) == 1


def test_a_proxy_that_nobody_may_call_gets_a_warning_with_the_cure(stack: Stack, network: Network) -> None:
    proxy_with(stack, network, grpc_service(stack, network))
    Annotations.from_stack(stack).has_warning("/test/Proxy", WARNING)


def test_a_client_that_is_defined_after_the_proxy_counts(stack: Stack, network: Network) -> None:
    proxy = proxy_with(stack, network, grpc_service(stack, network))
    ec2.SecurityGroup(stack, "Client", vpc=network.vpc).connections.allow_to_default_port(proxy)
    Annotations.from_stack(stack).has_no_warning("*", WARNING)


def test_fails_for_more_clients_than_a_security_group_has_rules_for(stack: Stack, network: Network) -> None:
    clients = [ec2.Peer.ipv4(f"10.{number}.0.0/16") for number in range(60)]
    with pytest.raises(
        ValueError, match=r"Proxy: clients: 60 clients need 61 rules, .* give 59 clients at most"
    ):
        proxy_with(stack, network, grpc_service(stack, network), clients=clients)


def test_fails_on_a_security_group_that_is_a_client_twice(stack: Stack, network: Network) -> None:
    groups = [ec2.SecurityGroup.from_security_group_id(stack, name, GROUP) for name in ("One", "Two")]
    message = r"Proxy: clients\[1\]: its security group is given twice; remove one of them"
    with pytest.raises(ValueError, match=message):
        proxy_with(stack, network, grpc_service(stack, network), clients=groups)
