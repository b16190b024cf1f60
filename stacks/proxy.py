"""The stack of the Envoy proxy."""

from collections.abc import Sequence

from aws_cdk import CfnOutput, Environment, Stack
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from ecs_envoy import Network, RoutedService
from ecs_envoy.configuration import Configuration
from ecs_envoy.from_configuration.proxy import define_proxy


class ProxyStack(Stack):
    """Envoy, in front of its gRPC services."""

    def __init__(
        self,
        scope: Construct,
        stack_id: str,
        *,
        env: Environment,
        configuration: Configuration,
        network: Network,
        services: Sequence[RoutedService],
        security_group: ec2.ISecurityGroup,
    ) -> None:
        super().__init__(scope, stack_id, env=env)
        self.proxy = define_proxy(
            self, configuration, network=network, services=services, security_group=security_group
        )
        CfnOutput(self, "Address", value=self.proxy.address, description="What gRPC clients dial")
