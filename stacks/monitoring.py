"""The stack of the dashboard and the alarms."""

from collections.abc import Sequence

from aws_cdk import CfnOutput, Environment, Stack
from constructs import Construct

from ecs_envoy import EnvoyProxy, RoutedService
from ecs_envoy.configuration import Configuration
from ecs_envoy.configuration.telemetry import CloudWatch
from ecs_envoy.from_configuration.monitoring import define_monitoring


class MonitoringStack(Stack):
    """CloudWatch's dashboard and alarms for the proxy and the services behind it."""

    def __init__(
        self,
        scope: Construct,
        stack_id: str,
        *,
        env: Environment,
        configuration: Configuration,
        settings: CloudWatch,
        proxy: EnvoyProxy,
        services: Sequence[RoutedService],
    ) -> None:
        super().__init__(scope, stack_id, env=env)
        self.monitoring = define_monitoring(
            self, settings, configuration=configuration, proxy=proxy, services=services
        )
        CfnOutput(self, "Topic", value=self.monitoring.topic.topic_arn, description="Who hears of alarms")
