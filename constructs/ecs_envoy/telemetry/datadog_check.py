"""The configuration of Datadog's Envoy check, in a docker label that the agent reads (Autodiscovery)."""

import json


def envoy_check(metrics_port: int) -> dict[str, str]:
    """Return the docker labels of Envoy's container; the agent in its task scrapes `metrics_port`."""
    check: dict[str, object] = {
        "envoy": {
            "init_config": {},
            "instances": [
                {
                    # The check uses OpenMetrics since its version 2.
                    "openmetrics_endpoint": f"http://%%host%%:{metrics_port}/stats/prometheus",
                    # Our counts by method are not in the check's own list.
                    "extra_metrics": [
                        {"envoy_grpc_requests": "grpc.requests"},
                        {"envoy_grpc_duration_milliseconds": "grpc.duration_milliseconds"},
                        {"envoy_cluster_endpoint_rq_total": "cluster.endpoint.rq_total"},
                    ],
                    # Datadog's own `service` and `version` are those of the proxy. This list takes the place
                    # of the check's own, of which it has the labels that our metrics have (`LABEL_MAP` in
                    # DataDog/integrations-core: envoy/datadog_checks/envoy/check.py).
                    "rename_labels": {
                        "envoy_cluster_name": "envoy_cluster",
                        "envoy_http_conn_manager_prefix": "stat_prefix",
                        "service": "envoy_service",
                        "version": "envoy_service_version",
                    },
                    "collect_server_info": False,
                }
            ],
        }
    }
    return {"com.datadoghq.ad.checks": json.dumps(check, separators=(",", ":"))}
