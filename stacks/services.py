"""The stacks of the gRPC services."""

from aws_cdk import Environment, Stack
from constructs import Construct

from ecs_envoy import Network
from ecs_envoy.configuration import Configuration
from ecs_envoy.from_configuration.services import define_grpc_services


class ServicesStack(Stack):
    """Some of the gRPC services, or all; the first of these stacks also has the routes to existing ones."""

    def __init__(
        self,
        scope: Construct,
        stack_id: str,
        *,
        env: Environment,
        configuration: Configuration,
        network: Network,
        number: int,
    ) -> None:
        super().__init__(scope, stack_id, env=env)
        self.services = define_grpc_services(self, configuration, network=network, number=number)
