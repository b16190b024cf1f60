"""Autoscaling of the proxy: by its CPU, and by the calls that are open."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ecs as ecs

from ecs_envoy.plan.collector_settings import NAMESPACE, OPEN_CALLS
from envoy_config.model import OPEN_CALLS_PER_MIB

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
