"""The stack of the records that move clients from old load balancers to the proxy."""

from aws_cdk import Environment, Stack
from constructs import Construct

from ecs_envoy import EnvoyProxy
from ecs_envoy.configuration import Configuration
from ecs_envoy.from_configuration.cut_over import define_cut_overs


class CutOverStack(Stack):
    """Weighted DNS records; a stack of its own, so that a move deploys nothing else."""

    def __init__(
        self,
        scope: Construct,
        stack_id: str,
        *,
        env: Environment,
        configuration: Configuration,
        proxy: EnvoyProxy,
    ) -> None:
        super().__init__(scope, stack_id, env=env)
        self.cut_overs = define_cut_overs(self, configuration, proxy)
