"""The stack of the public API."""

from collections.abc import Sequence

from aws_cdk import CfnOutput, Environment, Stack
from constructs import Construct

from ecs_envoy import EnvoyProxy, Network
from ecs_envoy.configuration import Configuration
from ecs_envoy.configuration.model import Api
from ecs_envoy.from_configuration.api import define_public_api


class ApiStack(Stack):
    """The public HTTP API behind its ALB, a client of the proxy or of several."""

    def __init__(
        self,
        scope: Construct,
        stack_id: str,
        *,
        env: Environment,
        configuration: Configuration,
        api: Api,
        network: Network,
        proxies: Sequence[EnvoyProxy],
    ) -> None:
        super().__init__(scope, stack_id, env=env)
        self.api = define_public_api(self, configuration, api, network=network, proxies=proxies)
        CfnOutput(self, "LoadBalancer", value=self.api.load_balancer.load_balancer_dns_name)
