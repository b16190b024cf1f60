"""Autoscaling of the proxy: by its CPU, and by the calls that are open."""

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_applicationautoscaling as appscaling
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ecs as ecs
from pydantic import TypeAdapter

from ecs_envoy.plan.collector_settings import BY_STATUS, HEALTHY, NAMESPACE, OPEN_CALLS
from ecs_envoy.proxy.routed_service import RoutedService, ScaledService
from ecs_envoy.settings.arguments import findings_of
from ecs_envoy.settings.values import CallsPerSecond
from envoy_config.model import OPEN_CALLS_PER_MIB
from envoy_config.settings_error import Finding

_Policy = appscaling.CfnScalingPolicy

_CALLS = "Calls"

OPEN_CALLS_SHARE = 0.5
"""
The open calls of a task that autoscaling aims at, as a share of those that it holds of one service. If a task
is lost, the others have room for its calls.
"""


def open_calls(proxy: str) -> cloudwatch.Metric:
    """Return the mean number of open calls of a task of `proxy`, its name in metrics."""
    return cloudwatch.Metric(
        namespace=NAMESPACE,
        metric_name=OPEN_CALLS,
        dimensions_map={"proxy": proxy},
        statistic="Average",  # each task sends its own number
        label="open calls of a task",
        period=Duration.minutes(1),
    )


def service_dimensions(proxy: str, service: str) -> dict[str, str]:
    """Return the dimensions of Envoy's metrics of `service`, behind `proxy` by its name in metrics."""
    return {"proxy": proxy, "service": service}


def scaling_findings(
    service: ScaledService,
    calls_per_second: object,
    *,
    carried: Sequence[RoutedService],
    cloudwatch: bool,
) -> list[Finding]:
    """Return why `service` cannot scale by calls.

    `carried` are the services of the proxy, whose calls it counts; `cloudwatch` says whether it does.
    """
    findings = findings_of(TypeAdapter(CallsPerSecond), calls_per_second, "calls_per_second")
    if not cloudwatch:
        problem = "are read from CloudWatch; give the proxy telemetry=Telemetry(cloudwatch=True)"
        findings.append((("calls_per_second",), problem))
    if service.ecs_service.node.try_find_child("TaskCount") is None:
        findings.append((("service",), f"{service.plan.name} does not scale; give it max_tasks"))
    if service not in carried:
        known = ", ".join(other.plan.name for other in carried)
        problem = f"{service.plan.name} is not one of its services; give one of {known}"
        findings.append((("service",), problem))
    if service.ecs_service.node.try_find_child(_CALLS):
        findings.append((("service",), f"{service.plan.name} scales by its calls already"))
    return findings


def scale_by_calls(service: ScaledService, *, proxy: str, calls_per_second: float) -> None:
    """Scale `service`, which scales already, by the calls a second that each of its tasks gets.

    Args:
        service: The service.
        proxy: The name in metrics of the proxy in front of it.
        calls_per_second: What autoscaling aims at.

    """
    ecs_service = service.ecs_service
    target = ecs_service.node.find_child("TaskCount").node.find_child("Target")
    assert isinstance(target, appscaling.ScalableTarget)  # noqa: S101  # the CDK made it
    dimensions = [
        _Policy.TargetTrackingMetricDimensionProperty(name=key, value=value)
        for key, value in service_dimensions(proxy, service.plan.name).items()
    ]

    def metric(query: str, name: str, statistic: str) -> _Policy.TargetTrackingMetricDataQueryProperty:
        return _Policy.TargetTrackingMetricDataQueryProperty(
            id=query,
            metric_stat=_Policy.TargetTrackingMetricStatProperty(
                metric=_Policy.TargetTrackingMetricProperty(
                    namespace=NAMESPACE, metric_name=name, dimensions=dimensions
                ),
                stat=statistic,
            ),
            return_data=False,
        )

    # The CDK's own scaling policy takes no expression.
    _Policy(
        ecs_service,
        _CALLS,
        policy_name=f"{ecs_service.node.path}/{_CALLS}",
        policy_type="TargetTrackingScaling",
        scaling_target_id=target.scalable_target_id,
        target_tracking_scaling_policy_configuration=_Policy.TargetTrackingScalingPolicyConfigurationProperty(
            target_value=calls_per_second,
            customized_metric_specification=_Policy.CustomizedMetricSpecificationProperty(
                metrics=[
                    metric("calls", BY_STATUS, "Sum"),
                    # Each task of the proxy sends the number that it sees.
                    metric("tasks", HEALTHY, "Average"),
                    _Policy.TargetTrackingMetricDataQueryProperty(
                        id="rate", expression="calls / 60 / tasks", label="calls a second of a task"
                    ),
                ]
            ),
        ),
    )


def scale_proxy(
    service: ecs.FargateService,
    *,
    min_tasks: int,
    max_tasks: int,
    cpu_percent: int,
    open_calls: cloudwatch.IMetric | None,
    envoy_memory_mib: int,
) -> None:
    """Scale `service` between two bounds; by `open_calls` only if there is this metric.

    AWS follows the policy that wants more tasks, and takes tasks away only if every policy agrees ("Target
    tracking scaling policies", considerations). A client moves to a new task within ten minutes
    (`max_connection_duration`). So tasks leave no sooner than that after a change.
    """
    count = service.auto_scale_task_count(min_capacity=min_tasks, max_capacity=max_tasks)
    slowly = Duration.minutes(10)
    quickly = Duration.minutes(1)
    count.scale_on_cpu_utilization(
        "Cpu",
        target_utilization_percent=cpu_percent,
        scale_in_cooldown=slowly,
        scale_out_cooldown=quickly,
    )
    if open_calls:
        count.scale_to_track_custom_metric(
            "OpenCalls",
            metric=open_calls,
            target_value=int(OPEN_CALLS_SHARE * OPEN_CALLS_PER_MIB * envoy_memory_mib),
            scale_in_cooldown=slowly,
            scale_out_cooldown=quickly,
        )
