"""The stacks of the gRPC services."""

from aws_cdk import Acknowledgment, Environment, Stack, Validations
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
        # Where all of its services are gone, or it has only routes. The CDK CLI then deletes the stack, or
        # says that there is nothing to deploy.
        empty = Acknowledgment(id="CloudFormation-Validate::F0001", reason="nothing of it is deployed")
        Validations.of(self).acknowledge(empty)
        self.services = define_grpc_services(self, configuration, network=network, number=number)
