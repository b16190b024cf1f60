"""The metrics of a proxy in CloudWatch, from its collector and its access log."""

import functools
import re
from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from ecs_envoy.plan.collector_settings import AGE, BY_STATUS, CONNECTIONS, HEALTHY, NAMESPACE
from ecs_envoy.proxy.envoy_proxy import EnvoyProxy
from ecs_envoy.proxy.scaling import open_calls, service_dimensions
from ecs_envoy.settings.alarm_thresholds import SERVER_ERRORS


@functools.cache
def minute() -> Duration:
    """Return the period of every metric: not a constant, because that would call Node at import."""
    return Duration.minutes(1)


@dataclass(frozen=True, kw_only=True)
class ProxyMetrics:
    """Metrics from the collector and the access log of a proxy.

    Attributes:
        proxy: The proxy's name in metrics, `<environment>/<name>.<namespace>`.

    """

    proxy: str

    @property
    def duration_metric(self) -> str:
        """The name of the metric for the durations of sampled calls; its dimension is the service."""
        return f"duration_ms.{self.proxy}"

    def requests(self, service: str) -> cloudwatch.Metric:
        """Return the calls in a minute."""
        return self._envoy_metric(BY_STATUS, service, "Sum")

    def server_error_percent(self, service: str) -> cloudwatch.MathExpression:
        """Return the percentage of calls that failed because of the server or the proxy."""
        errors = {
            metric_id(status, service): self._envoy_metric(BY_STATUS, service, "Sum", grpc_status=status)
            for status in SERVER_ERRORS
        }
        total, requests = " + ".join(f"FILL({name}, 0)" for name in errors), metric_id("requests", service)
        return cloudwatch.MathExpression(
            expression=f"100 * ({total}) / {requests}",
            using_metrics={**errors, requests: self.requests(service)},
            label=service,
            period=minute(),
        )

    def by_status(self) -> cloudwatch.MathExpression:
        """Return the failed calls of all services, with a line for each service and status."""
        return cloudwatch.MathExpression(
            expression=f"SEARCH('{{{NAMESPACE},proxy,service,grpc_status}} "
            f'MetricName="{BY_STATUS}" proxy="{self.proxy}" NOT grpc_status="OK"\', \'Sum\', 60)',
            using_metrics={},
            label="",
            period=minute(),
        )

    def duration(self, service: str, statistic: str) -> cloudwatch.Metric:
        """Return a percentile of the durations of calls in milliseconds, from the access log's sample."""
        return cloudwatch.Metric(
            namespace=NAMESPACE,
            metric_name=self.duration_metric,
            dimensions_map={"service": service},
            statistic=statistic,
            label=f"{service} {statistic}",
            period=minute(),
        )

    def retries(self, service: str) -> cloudwatch.Metric:
        """Return the retries in a minute."""
        return self._envoy_metric("envoy_cluster_upstream_rq_retry", service, "Sum")

    def ejected(self, service: str) -> cloudwatch.Metric:
        """Return how many endpoints outlier detection ejects, at the proxy task that ejects most."""
        return self._envoy_metric("envoy_cluster_outlier_detection_ejections_active", service, "Maximum")

    def healthy(self, service: str) -> cloudwatch.Metric:
        """Return how many endpoints are healthy, at the proxy task that has fewest."""
        return self._envoy_metric(HEALTHY, service, "Minimum")

    def unhealthy(self, service: str) -> cloudwatch.MathExpression:
        """Return how many endpoints are listed and not healthy."""
        listed = self._envoy_metric("envoy_cluster_membership_total", service, "Maximum")
        listed_id, healthy_id = metric_id("listed", service), metric_id("healthy", service)
        return cloudwatch.MathExpression(
            expression=f"{listed_id} - {healthy_id}",
            using_metrics={listed_id: listed, healthy_id: self.healthy(service)},
            label=service,
            period=minute(),
        )

    def discovery_age(self, service: str) -> cloudwatch.Metric:
        """Return the seconds since Cloud Map last answered, at the proxy task that waits longest."""
        return cloudwatch.Metric(
            namespace=NAMESPACE,
            metric_name=AGE,
            dimensions_map={"proxy": self.proxy, "service": service},
            statistic="Maximum",
            label=service,
            period=minute(),
        )

    def connections(self) -> cloudwatch.Metric:
        """Return the connections of clients in percent of the limit, at the proxy task that has most."""
        return cloudwatch.Metric(
            namespace=NAMESPACE,
            metric_name=CONNECTIONS,
            dimensions_map={"proxy": self.proxy},
            statistic="Maximum",
            label="connections, in percent of the limit",
            period=minute(),
        )

    def open_calls(self) -> cloudwatch.Metric:
        """Return the mean number of open calls of a proxy task, by which its number of tasks scales."""
        return open_calls(self.proxy)

    def _envoy_metric(self, name: str, service: str, statistic: str, **more: str) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace=NAMESPACE,
            metric_name=name,
            dimensions_map={**service_dimensions(self.proxy, service), **more},
            statistic=statistic,
            label=service,
            period=minute(),
        )


def is_timed(proxy: EnvoyProxy) -> bool:
    """Return whether CloudWatch has durations of the calls of `proxy`: they come from its access log."""
    return proxy.telemetry.datadog is None or not proxy.telemetry.datadog.access_log


def metric_id(name: str, service: str) -> str:
    """Return the id of a metric in an expression; it is unique, because a graph may show several services."""
    return re.sub(r"[^a-z0-9]", "_", f"{name}_{service}".lower())
