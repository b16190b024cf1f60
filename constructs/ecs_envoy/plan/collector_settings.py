"""The settings of the OpenTelemetry collector, as JSON in its environment."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from ecs_envoy.plan.discovery import SIDECAR_PORT
from envoy_config.telemetry import METRICS_PORT, OTLP_PORT

HEALTH_PORT = 13133
"""The TCP port of the collector's health check, as in its documentation."""

NAMESPACE = "EcsEnvoy"
"""The namespace of CloudWatch's metrics."""

SCRAPE_INTERVAL = "30s"
"""
Half of CloudWatch's period of a minute, and a quarter of the shortest range in a Prometheus rule (2 minutes).
"""

AGE = "ecs_envoy_discovery_last_success_age_seconds"
BY_STATUS = "envoy_grpc_requests"
HEALTHY = "envoy_cluster_membership_healthy"
BY_SERVICE = (
    HEALTHY,
    "envoy_cluster_membership_total",
    "envoy_cluster_outlier_detection_ejections_active",
    "envoy_cluster_upstream_rq_retry",
)
CONNECTIONS = "envoy_overload_envoy_resource_monitors_global_downstream_max_connections_pressure"
OPEN_CALLS = "envoy_http_downstream_rq_active"
BY_PROXY = ("envoy_connection_limit_limited_connections", "envoy_http_no_route", CONNECTIONS, OPEN_CALLS)
"""
The metrics that CloudWatch gets. Each metric there costs money, so only Prometheus and Datadog count by
method.
"""


@dataclass(frozen=True, kw_only=True)
class CollectorSettings:
    """The settings of the collector.

    Attributes:
        proxy: The proxy's name, a label of every metric.
        region: The AWS region.
        discovery: Whether the task has a discovery sidecar to scrape.
        cloudwatch_log_group: The log group that receives metrics for CloudWatch; None for none.
        remote_write_url: The URL of the Prometheus workspace that metrics are written to; None for none.
        tracing: Whether the collector receives spans and sends them to X-Ray.

    """

    proxy: str
    region: str
    discovery: bool
    cloudwatch_log_group: str | None
    remote_write_url: str | None
    tracing: bool

    def to_json(self) -> str:
        """Return the collector's configuration as JSON, which the collector reads as YAML."""
        cloudwatch, prometheus = self.cloudwatch_log_group is not None, self.remote_write_url is not None
        receivers, exporters = self._receivers(), self._exporters()
        extensions: dict[str, object] = {"health_check": {"endpoint": f"127.0.0.1:{HEALTH_PORT}"}}
        if prometheus:
            extensions["sigv4auth"] = {"region": self.region, "service": "aps"}
        first, last = ["memory_limiter", "resourcedetection", "resource"], ["batch"]
        pipelines: dict[str, object] = {}
        if prometheus:
            pipelines["metrics/prometheus"] = _pipeline(
                "prometheus", [*first, *last], "prometheusremotewrite"
            )
        if cloudwatch:
            pipelines["metrics/cloudwatch"] = _pipeline(
                "prometheus", ["memory_limiter", "resourcedetection", "filter/cloudwatch", *last], "awsemf"
            )
        if self.tracing:
            pipelines["traces"] = _pipeline("otlp", ["memory_limiter", *last], "awsxray")
        processors: dict[str, object] = {
            "memory_limiter": {"check_interval": "1s", "limit_mib": 100, "spike_limit_mib": 20},
            "batch": {},
        }
        if prometheus or cloudwatch:
            processors["resourcedetection"] = {"detectors": ["env", "ecs"], "timeout": "5s"}
        if prometheus:
            # The collectors of all tasks scrape 127.0.0.1, so the task's ARN has to tell the instances apart.
            processors["resource"] = {
                "attributes": [
                    {
                        "key": "service.instance.id",
                        "from_attribute": "aws.ecs.task.arn",
                        "action": "upsert",
                    }
                ]
            }
        if cloudwatch:
            names = [f"^{name}$" for name in (BY_STATUS, *BY_SERVICE, *BY_PROXY, AGE)]
            processors["filter/cloudwatch"] = {
                "metrics": {"include": {"match_type": "regexp", "metric_names": names}}
            }
        values: Mapping[str, object] = {
            "extensions": extensions,
            "receivers": receivers,
            "processors": processors,
            "exporters": exporters,
            "service": {
                "extensions": list(extensions),
                "pipelines": pipelines,
                "telemetry": {"metrics": {"level": "none"}, "logs": {"level": "warn"}},
            },
        }
        return json.dumps(values, separators=(",", ":"))

    def _receivers(self) -> dict[str, object]:
        receivers: dict[str, object] = {}
        if self.cloudwatch_log_group is not None or self.remote_write_url is not None:
            jobs = [self._job("envoy", METRICS_PORT, "/stats/prometheus")]
            if self.discovery:
                jobs.append(self._job("discovery", SIDECAR_PORT, "/metrics"))
            receivers["prometheus"] = {"config": {"scrape_configs": jobs}}
        if self.tracing:
            receivers["otlp"] = {"protocols": {"grpc": {"endpoint": f"127.0.0.1:{OTLP_PORT}"}}}
        return receivers

    def _job(self, name: str, port: int, path: str) -> dict[str, object]:
        return {
            "job_name": name,
            "metrics_path": path,
            "scrape_interval": SCRAPE_INTERVAL,
            "static_configs": [{"targets": [f"127.0.0.1:{port}"], "labels": {"proxy": self.proxy}}],
        }

    def _exporters(self) -> dict[str, object]:
        exporters: dict[str, object] = {}
        if self.remote_write_url is not None:
            exporters["prometheusremotewrite"] = {
                "endpoint": self.remote_write_url,
                "auth": {"authenticator": "sigv4auth"},
                # This keeps Envoy's names. The exporter would add _total and units, which the rules do not
                # use.
                "add_metric_suffixes": False,
            }
        if self.cloudwatch_log_group is not None:
            service = ["proxy", "service"]
            exporters["awsemf"] = {
                "region": self.region,
                "namespace": NAMESPACE,
                "log_group_name": self.cloudwatch_log_group,
                "log_stream_name": "{TaskId}",
                "dimension_rollup_option": "NoDimensionRollup",
                # By default the exporter drops the first value of each new series of a counter, and with it a
                # short burst of a status that was not there before (the exporter's README).
                "retain_initial_value_of_delta_metric": True,
                "metric_declarations": [
                    {
                        "dimensions": [service, [*service, "grpc_status"]],
                        "metric_name_selectors": [f"^{BY_STATUS}$"],
                    },
                    {
                        "dimensions": [service],
                        "metric_name_selectors": [f"^{name}$" for name in BY_SERVICE],
                    },
                    {
                        "dimensions": [["proxy"]],
                        "metric_name_selectors": [f"^{name}$" for name in BY_PROXY],
                    },
                    {"dimensions": [["proxy", "service"]], "metric_name_selectors": [f"^{AGE}$"]},
                ],
            }
        if self.tracing:
            exporters["awsxray"] = {"region": self.region}
        return exporters


def _pipeline(receiver: str, processors: list[str], exporter: str) -> dict[str, object]:
    return {"receivers": [receiver], "processors": processors, "exporters": [exporter]}
