"""The bootstraps that are compared: with and without telemetry, and with telemetry before it was tuned."""

import json
from collections.abc import Sequence
from typing import Any

from envoy_config import AccessLog, Metrics, Proxy, Service, Tracing, TrafficPolicy, Upstream
from envoy_config.bootstrap import bootstrap
from envoy_config.rendering import to_json
from envoy_config.telemetry import ADMIN_CLUSTER, COLLECTOR_CLUSTER

Bootstrap = dict[str, Any]

SERVICES = 10
METHODS = 10
PORT, METRICS_PORT = 50051, 9903


def proto_service(number: int) -> str:
    """Return the proto service that Envoy routes to the service `number`."""
    return f"bench.v1.Service{number}"


def method(number: int) -> str:
    """Return the path of the method `number`; the methods of all services are numbered together."""
    service, number_in_service = divmod(number, METHODS)
    return f"/{proto_service(service)}/Method{number_in_service}"


def with_telemetry(
    address: str,
    endpoints: Sequence[tuple[str, int]],
    *,
    access_log: AccessLog | None = None,
    tracing: Tracing | None = None,
    policy: TrafficPolicy | None = None,
) -> Bootstrap:
    """Return the bootstrap with metrics by method, their listener, and `access_log` or the sampled log.

    `policy` is that of the service that is called.
    """
    log = access_log or AccessLog()
    proxy = Proxy(name="grpc", metrics=Metrics(), access_log=log, tracing=tracing)
    return _local(proxy, address, endpoints, policy)


def without_telemetry(address: str, endpoints: Sequence[tuple[str, int]]) -> Bootstrap:
    """Return the same bootstrap without metrics and log."""
    return _local(Proxy(name="grpc", access_log=None), address, endpoints)


_TYPES = "type.googleapis.com/envoy.extensions"


def before_tuning(address: str, endpoints: Sequence[tuple[str, int]]) -> Bootstrap:
    """Return the bootstrap that this project deployed until 2026-11-24, before telemetry was tuned.

    Filters split the path and counted by method, with the histogram that the dashboards need. Each
    call had a request id and a line in the log.
    """
    values = without_telemetry(address, endpoints)
    call_manager = manager(values)
    to_metadata = f"{_TYPES}.filters.http.header_to_metadata.v3.Config"
    call_manager.pop("generate_request_id")
    call_manager["http_filters"] = [
        {
            "name": "envoy.filters.http.header_to_metadata",
            "typed_config": {
                "@type": to_metadata,
                "request_rules": [
                    _rule("grpc_service", "^/([^/]*)/.*$"),
                    _rule("grpc_method", "^/[^/]*/(.*)$"),
                ],
            },
        },
        {
            "name": "envoy.filters.http.grpc_stats",
            "typed_config": {
                "@type": f"{_TYPES}.filters.http.grpc_stats.v3.FilterConfig",
                "stats_for_all_methods": True,
                "enable_upstream_stats": True,
            },
        },
        {
            "name": "envoy.filters.http.router",
            "typed_config": {
                "@type": f"{_TYPES}.filters.http.router.v3.Router",
                "suppress_grpc_request_failure_code_stats": True,
            },
        },
    ]
    fields = {
        "time": "%START_TIME%",
        "grpc_service": "%DYNAMIC_METADATA(ecs_envoy.call:grpc_service)%",
        "grpc_method": "%DYNAMIC_METADATA(ecs_envoy.call:grpc_method)%",
        "grpc_status": "%GRPC_STATUS(SNAKE_STRING)%",
        "duration_ms": "%DURATION%",
        "upstream_task": "%UPSTREAM_HOST%",
        "attempts": "%UPSTREAM_REQUEST_ATTEMPT_COUNT%",
        "response_flags": "%RESPONSE_FLAGS%",
        "request_id": "%REQ(X-REQUEST-ID)%",
        "bytes_received": "%BYTES_RECEIVED%",
        "bytes_sent": "%BYTES_SENT%",
    }
    call_manager["access_log"] = [
        {
            "name": "envoy.access_loggers.stdout",
            "typed_config": {
                "@type": f"{_TYPES}.access_loggers.stream.v3.StdoutAccessLog",
                "log_format": {"json_format": fields},
            },
        }
    ]
    return values


def _rule(key: str, path: str) -> dict[str, object]:
    rewrite = {"pattern": {"regex": path}, "substitution": r"\1"}
    return {
        "header": ":path",
        "on_header_present": {
            "metadata_namespace": "ecs_envoy.call",
            "key": key,
            "regex_value_rewrite": rewrite,
        },
    }


def manager(values: Bootstrap) -> dict[str, Any]:
    """Return the HTTP connection manager of the listener for calls."""
    return values["static_resources"]["listeners"][0]["filter_chains"][0]["filters"][-1]["typed_config"]


def _local(
    proxy: Proxy, address: str, endpoints: Sequence[tuple[str, int]], policy: TrafficPolicy | None = None
) -> Bootstrap:
    """Return the deployed bootstrap with every listener at `address` and `endpoints` for every service.

    It has neither discovery nor health checks, because this benchmark does not measure them.
    """
    services = [
        Service(
            name=f"s{number}",
            address="unused",
            upstream=Upstream(port=PORT, grpc_services=[proto_service(number)]),
            policy=policy if policy and number == 0 else TrafficPolicy(),
        )
        for number in range(SERVICES)
    ]
    values: Bootstrap = json.loads(to_json(bootstrap(proxy, services)))
    values["admin"]["address"]["socket_address"]["address"] = address
    for listener in values["static_resources"]["listeners"]:
        listener["address"]["socket_address"]["address"] = address
    for cluster in values["static_resources"]["clusters"]:
        if cluster["name"] == COLLECTOR_CLUSTER:
            continue  # no collector runs, so Envoy drops the spans
        if cluster["name"] == ADMIN_CLUSTER:
            hosts = [(address, values["admin"]["address"]["socket_address"]["port_value"])]
        else:
            hosts = list(endpoints)
            del cluster["cluster_type"], cluster["health_checks"]
        cluster["type"] = "STATIC"
        cluster["load_assignment"]["endpoints"] = [
            {
                "lb_endpoints": [
                    {"endpoint": {"address": {"socket_address": {"address": host, "port_value": port}}}}
                    for host, port in hosts
                ]
            }
        ]
    return values
