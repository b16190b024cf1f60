"""The metrics of an ECS service's tasks in CloudWatch: their CPU and their number.

The CPU of a single task comes from Container Insights with enhanced observability. The maximum of ECS's own
`CPUUtilization` does not show it: it is the highest of all samples, of which ECS takes many a minute, so that
a garbage collection in an even service looks like an overloaded task.
"""

from collections.abc import Mapping, Sequence

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ecs as ecs

from ecs_envoy.monitoring.proxy_metrics import metric_id, minute
from ecs_envoy.settings.alarm_thresholds import SKEW_MIN_CPU_PERCENT

_INSIGHTS = "ECS/ContainerInsights"
_TASK_CPU = "TaskCpuUtilization"


def skew(service: ecs.FargateService, label: str) -> cloudwatch.MathExpression:
    """Return the busiest task's CPU divided by the mean of the service's tasks, for an alarm.

    It is 1 if the tasks are idle, and during a deployment: new tasks start up, and old ones get fewer calls.
    """
    # An alarm may have one query of Metrics Insights, which finds tasks that start later, too, and no SEARCH
    # ("Create a CloudWatch alarm based on a Metrics Insights query"). So the mean is that of ECS.
    busiest = cloudwatch.MathExpression(
        expression=f'SELECT MAX({_TASK_CPU}) FROM "{_INSIGHTS}" '  # noqa: S608  # no database
        f"WHERE ClusterName = '{service.cluster.cluster_name}' AND ServiceName = '{service.service_name}'",
        using_metrics={},
        period=minute(),
    )
    most, mean, roll = (metric_id(name, label) for name in ("most", "mean", "roll"))
    return cloudwatch.MathExpression(
        expression=f"IF(FILL({roll}, 1) < 2 AND {mean} > {SKEW_MIN_CPU_PERCENT:g}, {most} / {mean}, 1)",
        using_metrics={
            most: busiest,
            mean: service.metric_cpu_utilization(period=minute(), statistic="Average"),
            roll: _insight(service, "DeploymentCount", "Maximum"),
        },
        label=label,
        period=minute(),
    )


def skew_of_tasks(service: ecs.FargateService, label: str) -> cloudwatch.MathExpression:
    """Return the same for a graph, where several services stand side by side and deployments show."""
    tasks = metric_id("tasks", label)
    return cloudwatch.MathExpression(
        expression=f"IF(AVG({tasks}) > {SKEW_MIN_CPU_PERCENT:g}, MAX({tasks}) / AVG({tasks}), 1)",
        using_metrics={tasks: _each_task(service)},
        label=label,
        period=minute(),
    )


def cpu_of_tasks(service: ecs.FargateService) -> Sequence[cloudwatch.IMetric]:
    """Return the CPU of a service's tasks for a graph: their mean, and a line for each task."""
    return [
        service.metric_cpu_utilization(period=minute(), statistic="Average", label="mean"),
        _each_task(service),
    ]


def number_of_tasks(service: ecs.FargateService) -> Sequence[cloudwatch.IMetric]:
    """Return how many tasks of a service are wanted, and how many run, for a graph."""
    return [
        _insight(service, "DesiredTaskCount", "Average"),
        _insight(service, "RunningTaskCount", "Average"),
    ]


def missing_tasks(service: ecs.FargateService, label: str) -> cloudwatch.MathExpression:
    """Return the desired count minus the number of running tasks, both from Container Insights."""
    counts: Mapping[str, cloudwatch.IMetric] = {
        "wanted": _insight(service, "DesiredTaskCount", "Average"),
        "running": _insight(service, "RunningTaskCount", "Average"),
    }
    return cloudwatch.MathExpression(
        expression="wanted - running", using_metrics=counts, label=label, period=minute()
    )


def _each_task(service: ecs.FargateService) -> cloudwatch.MathExpression:
    return cloudwatch.MathExpression(
        expression=f'SEARCH(\'{{{_INSIGHTS},ClusterName,ServiceName,TaskId}} MetricName="{_TASK_CPU}" '
        f'ClusterName="{service.cluster.cluster_name}" ServiceName="{service.service_name}"\', '
        "'Average', 60)",
        using_metrics={},
        label="",
        period=minute(),
    )


def _insight(service: ecs.FargateService, name: str, statistic: str) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=_INSIGHTS,
        metric_name=name,
        dimensions_map={"ClusterName": service.cluster.cluster_name, "ServiceName": service.service_name},
        statistic=statistic,
        period=minute(),
    )
