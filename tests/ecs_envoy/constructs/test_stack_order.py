"""Services, proxy and client in a stack each: stacks depend on each other in the order of the calls."""

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_ec2 as ec2

from ecs_envoy import EnvoyProxy, Network
from ecs_envoy.network.task_security_group import define_task_security_group
from tests.ecs_envoy.constructs.factories import grpc_service, proxy_with


class Stacks:
    def __init__(self) -> None:
        self.app = App()
        self.network_stack = Stack(self.app, "network")
        self.network = Network(self.network_stack, "Network", namespace_name="test.local")
        self.services_stack = Stack(self.app, "services")
        self.service = grpc_service(self.services_stack, self.network)
        self.proxy_stack = Stack(self.app, "proxy")
        self.client_stack = Stack(self.app, "client")

    def client_calls(self, proxy: EnvoyProxy) -> None:
        client = ec2.SecurityGroup(
            self.client_stack, "Client", vpc=self.network.vpc, allow_all_outbound=False
        )
        client.connections.allow_to_default_port(proxy)

    def needed(self, stack: Stack) -> set[str]:
        self.app.synth()
        return {other.stack_name for other in stack.dependencies}

    def rules(self, stack: Stack) -> set[str]:
        template = self.app.synth().get_stack_by_name(stack.stack_name).template
        return {
            resource["Type"].removeprefix("AWS::EC2::SecurityGroup")
            for resource in template["Resources"].values()
            if resource["Type"].startswith("AWS::EC2::SecurityGroup") and "Id" in str(resource["Properties"])
        }


@pytest.fixture
def stacks() -> Stacks:
    return Stacks()


def test_a_proxy_depends_on_its_services_and_a_client_on_the_proxy(stacks: Stacks) -> None:
    stacks.client_calls(proxy_with(stacks.proxy_stack, stacks.network, stacks.service))
    # What a user who wants an order writes; a cycle would be refused here.
    stacks.proxy_stack.add_stack_dependency(stacks.services_stack)
    stacks.client_stack.add_stack_dependency(stacks.proxy_stack)
    stacks.app.synth()
    assert stacks.needed(stacks.services_stack) == {"network"}
    assert stacks.needed(stacks.proxy_stack) == {"network", "services"}
    assert stacks.needed(stacks.client_stack) == {"network", "proxy"}


def test_a_service_can_be_removed_while_the_proxy_stands_where_its_group_is_in_a_third_stack(
    stacks: Stacks,
) -> None:
    group = define_task_security_group(
        stacks.network_stack, "ProxySecurityGroup", vpc=stacks.network.vpc, description="Envoy proxy"
    )
    proxy_with(stacks.proxy_stack, stacks.network, stacks.service, security_group=group)
    assert stacks.needed(stacks.proxy_stack) == {"network"}
    assert stacks.needed(stacks.services_stack) == {"network"}
    assert {"Ingress", "Egress"} <= stacks.rules(stacks.services_stack)
