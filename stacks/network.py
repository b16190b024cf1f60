"""The stack that the other stacks stand on."""

import jsii
from aws_cdk import Environment, Stack
from constructs import Construct

from ecs_envoy.configuration import Configuration
from ecs_envoy.from_configuration.network import availability_zones, define_network
from ecs_envoy.network.task_security_group import define_task_security_group


class NetworkStack(Stack):
    """The VPC, the ECS cluster, the namespace, and the proxy's security group."""

    def __init__(
        self, scope: Construct, stack_id: str, *, env: Environment, configuration: Configuration
    ) -> None:
        self._availability_zones = availability_zones(configuration)
        super().__init__(scope, stack_id, env=env)
        self.network = define_network(self, configuration)
        # Both the services' rules and the proxy's tasks name it. Here, neither stack waits for the other to
        # let it go: a service can be removed while the proxy stands.
        self.proxy_security_group = define_task_security_group(
            self, "ProxySecurityGroup", vpc=self.network.vpc, description="Envoy proxy"
        )

    @property
    @jsii.member(jsii_name="availabilityZones")
    def availability_zones(self) -> list[str]:
        """The zones of the configuration: the CDK would ask the account, with credentials, at synth."""
        return self._availability_zones
