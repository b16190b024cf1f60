"""The construct for the dashboard and the alarms of a proxy in CloudWatch."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated

from aws_cdk import Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from constructs import Construct

from ecs_envoy.monitoring.alarm_rules import AlarmRules, service_findings
from ecs_envoy.monitoring.dashboard import proxy_widgets
from ecs_envoy.monitoring.proxy_metrics import ProxyMetrics, is_timed
from ecs_envoy.plan.collector_settings import NAMESPACE
from ecs_envoy.proxy.envoy_proxy import EnvoyProxy
from ecs_envoy.settings.alarm_thresholds import AlarmThresholds
from ecs_envoy.settings.arguments import Example, checked_arguments, refuse
from ecs_envoy.settings.values import DashboardName, Place
from envoy_config.access_log import SAMPLE
from envoy_config.settings_error import Finding

RUNBOOKS = "docs/runbooks"
"""The folder of the runbooks in this project's repository."""


class ProxyMonitoring(Construct):
    """Defines a dashboard and alarms for a proxy and the services behind it.

    An alarm's description says what is wrong and names its runbook. Durations come from the sample in
    the access log. If the access log goes to Datadog, there are no durations and no alarm for them.

    Args:
        proxy: The proxy. Its `telemetry` must have `cloudwatch`.
        ecs_services: The ECS services behind it by their names, for the CPU and the number of their
            tasks. Leave out services that something else deploys.
        services: The names of the services whose alarms and graphs are here; all of the proxy by default.
            A stack has room for some 50. `ServiceMonitoring` has those of the others.
        topic: The SNS topic that is notified when an alarm goes off or ends; a new one by default. The
            policy of a topic that is given has to let `cloudwatch.amazonaws.com` publish for this account.
        topic_key: The KMS key that encrypts a new topic; its policy has to let `cloudwatch.amazonaws.com`
            decrypt and generate data keys. None by default.
        thresholds: When alarms go off; the defaults of `AlarmThresholds` by default.
        runbooks: The folder or URL of the runbooks; `docs/runbooks` of this project by default.
        dashboard_name: The dashboard's name, and the prefix of the alarms' names; the stack's name and the
            proxy's by default, joined by an underscore, which neither has.

    Attributes:
        proxy: The proxy.
        topic: The SNS topic that is notified.
        rules: What its alarms have in common with those of `ServiceMonitoring`.
        dashboard_name: The dashboard's name.
        alarms: All alarms that are here.

    Raises:
        ArgumentError: A value is not allowed, or the proxy sends no metrics to CloudWatch.

    """

    @checked_arguments
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        proxy: EnvoyProxy,
        ecs_services: Mapping[str, ecs.FargateService],
        services: Sequence[str] | None = None,
        topic: sns.ITopic | None = None,
        topic_key: kms.IKey | None = None,
        thresholds: Annotated[AlarmThresholds, Example("AlarmThresholds(skew=1.5)")] | None = None,
        runbooks: Place = RUNBOOKS,
        dashboard_name: DashboardName | None = None,
    ) -> None:
        routed = [service.plan.name for service in proxy.services]
        here = routed if services is None else list(services)
        refuse(construct_id, _findings(proxy, here, ecs_services))
        super().__init__(scope, construct_id)
        self.proxy = proxy
        self.dashboard_name: str = dashboard_name or f"{Stack.of(self).stack_name}_{proxy.name}"
        metrics = ProxyMetrics(proxy=proxy.metrics_name)
        if is_timed(proxy):
            self._measure_durations(proxy, metrics)
        self.topic: sns.ITopic = topic or self._define_topic(topic_key)  # pyright: ignore[reportAttributeAccessIssue]
        self.rules = AlarmRules(
            topic=self.topic,
            thresholds=thresholds or AlarmThresholds(),
            runbooks=runbooks,
            prefix=self.dashboard_name,
        )
        alarms = self.rules.alarms(self, self.dashboard_name)
        alarms.add_proxy_alarms(proxy.ecs_service)
        alarms.add_connection_alarm(metrics)
        alarms.add_service_alarms(proxy, here, ecs_services)
        self.alarms: list[cloudwatch.Alarm] = alarms.alarms
        others_start = self.dashboard_name if len(here) < len(routed) else None
        alarms.add_widgets(proxy_widgets(proxy, here, ecs_services, alarms.alarms, others_start=others_start))

    def _define_topic(self, key: kms.IKey | None) -> sns.Topic:
        """Define the topic, and let the alarms of this account publish to it."""
        topic = sns.Topic(self, "Alarms", enforce_ssl=True, master_key=key)
        # A policy of its own, such as that of enforce_ssl, takes the place of SNS's default policy, which
        # lets CloudWatch publish. Without this statement no alarm notifies anybody ("Why didn't I receive an
        # SNS notification for my CloudWatch alarm trigger?", AWS re:Post knowledge center).
        topic.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],  # pyright: ignore[reportArgumentType]  # a property's type
                actions=["sns:Publish"],
                resources=[topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}},
            )
        )
        return topic

    def _measure_durations(self, proxy: EnvoyProxy, metrics: ProxyMetrics) -> None:
        """Define a metric of the durations in the log's sample. CloudWatch computes percentiles of it."""
        logs.MetricFilter(
            self,
            "Duration",
            log_group=proxy.log_group,
            filter_pattern=logs.FilterPattern.all(
                logs.FilterPattern.string_value("$.reason", "=", SAMPLE),
                logs.FilterPattern.string_value("$.grpc_status", "!=", "CANCELLED"),
                *(
                    logs.FilterPattern.string_value("$.grpc_method", "!=", f"/{method}")
                    for service in proxy.services
                    for method in service.plan.upstream.streaming_methods
                ),
            ),
            metric_namespace=NAMESPACE,
            metric_name=metrics.duration_metric,
            metric_value="$.duration_ms",
            dimensions={"service": "$.service"},
            unit=cloudwatch.Unit.MILLISECONDS,
        )


def _findings(
    proxy: EnvoyProxy, services: Sequence[str], ecs_services: Mapping[str, ecs.FargateService]
) -> Iterator[Finding]:
    if not proxy.telemetry.cloudwatch:
        yield (
            ("proxy",),
            f"{proxy.name} sends no metrics to CloudWatch; give it telemetry=Telemetry(cloudwatch=True)",
        )
    yield from service_findings(proxy, services, ecs_services)
