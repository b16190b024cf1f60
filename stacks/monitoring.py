"""The stacks of the dashboards and the alarms."""

from collections.abc import Sequence

from aws_cdk import Acknowledgment, CfnOutput, Environment, Stack, Validations
from constructs import Construct

from ecs_envoy import EnvoyProxy, RoutedService
from ecs_envoy.configuration import Configuration
from ecs_envoy.configuration.telemetry import CloudWatch
from ecs_envoy.from_configuration.monitoring import define_monitoring, define_service_monitoring


class MonitoringStack(Stack):
    """CloudWatch's dashboard and alarms for the proxy and the services of stack 1 behind it."""

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
        one_of_several: bool,
    ) -> None:
        super().__init__(scope, stack_id, env=env, suppress_template_indentation=one_of_several or None)
        self.monitoring = define_monitoring(
            self, settings, configuration=configuration, proxy=proxy, services=services
        )
        CfnOutput(self, "Topic", value=self.monitoring.topic.topic_arn, description="Who hears of alarms")


class ServiceMonitoringStack(Stack):
    """The same for the services of one of the other stacks."""

    def __init__(
        self,
        scope: Construct,
        stack_id: str,
        *,
        env: Environment,
        configuration: Configuration,
        number: int,
        first: MonitoringStack,
        services: Sequence[RoutedService],
    ) -> None:
        # Without indentation a service takes 16 KB of the 1,000 in place of 22.
        super().__init__(scope, stack_id, env=env, suppress_template_indentation=True)
        # As in ServicesStack.
        empty = Acknowledgment(id="CloudFormation-Validate::F0001", reason="nothing of it is deployed")
        Validations.of(self).acknowledge(empty)
        self.monitoring = define_service_monitoring(
            self,
            configuration=configuration,
            number=number,
            proxy_monitoring=first.monitoring,
            services=services,
        )
        # An alarm that comes from the first stack has to be gone there, since its name is taken.
        self.add_stack_dependency(first)
