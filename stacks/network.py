"""The stack of the network, which all other stacks depend on."""

from aws_cdk import Environment, Stack
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from ecs_envoy.configuration import Configuration
from ecs_envoy.configuration.proxies.views import views
from ecs_envoy.from_configuration.network import define_network
from ecs_envoy.network.shared_values import shared_values
from ecs_envoy.network.strong_references import refuse_replacement
from ecs_envoy.network.task_security_group import define_task_security_group


class NetworkStack(Stack):
    """The VPC, the ECS cluster, the namespace, and the security group of each proxy."""

    def __init__(
        self, scope: Construct, stack_id: str, *, env: Environment, configuration: Configuration
    ) -> None:
        super().__init__(scope, stack_id, env=env)
        zones = configuration.network.new.availability_zones if configuration.network.new else []
        if zones:
            # What the CDK CLI would otherwise look up, and for which it would need credentials.
            self.node.set_context(f"availability-zones:account={self.account}:region={self.region}", zones)
        self.network = define_network(self, configuration)
        for value in shared_values(self.network):
            self.export_value(value)
        # The services' rules and the proxy's tasks both refer to its group. Because it is in this stack,
        # those two stacks do not depend on each other's resources: a service can be removed while the proxy
        # runs.
        self.proxy_security_groups = {
            view.proxy.name: self._define_group(f"-{view.proxy.name}" if view.proxies else "")
            for view in views(configuration)
        }

    def _define_group(self, suffix: str) -> ec2.SecurityGroup:
        group = define_task_security_group(
            self, f"ProxySecurityGroup{suffix}", vpc=self.network.vpc, description="Envoy proxy"
        )
        refuse_replacement(group)
        return group
