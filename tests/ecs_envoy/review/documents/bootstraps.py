"""A bootstrap for tests, by which each difference can be shown: two services, of which one has a method."""

from collections.abc import Callable
from typing import Any

import yaml

_TEXT = """
node: {id: grpc, cluster: grpc}
static_resources:
  listeners:
  - name: grpc
    address: {socket_address: {address: 0.0.0.0, port_value: 50051}}
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/HttpConnectionManager
          stat_prefix: grpc
          common_http_protocol_options: {max_connection_duration: 600s}
          access_log:
          - name: envoy.access_loggers.stdout
            filter: {runtime_filter: {runtime_key: x, percent_sampled: {numerator: 10}}}
            typed_config: {"@type": type.googleapis.com/StdoutAccessLog}
          http_filters:
          - name: envoy.filters.http.cors
            typed_config: {"@type": type.googleapis.com/Cors}
          - name: envoy.filters.http.router
            typed_config: {"@type": type.googleapis.com/Router}
          route_config:
            virtual_hosts:
            - name: "*"
              domains: ["*"]
              retry_policy: {retry_on: connect-failure, num_retries: 5}
              routes:
              - {match: {path: /learning.v1.Lessons/Search}, route: {cluster: lessons, timeout: 3s}}
              - {match: {prefix: /learning.v1.Lessons/}, route: {cluster: lessons, timeout: 0s}}
              - {match: {prefix: /learning.v1.Grading/}, route: {cluster: grading, timeout: 0s}}
            - name: grading.grpc
              domains: [grading.grpc]
              retry_policy: {retry_on: connect-failure, num_retries: 5}
              routes:
              - {match: {prefix: /}, route: {cluster: grading, timeout: 0s}}
  clusters:
  - name: lessons
    type: STRICT_DNS
    connect_timeout: 1s
    load_assignment:
      cluster_name: lessons
      endpoints:
      - lb_endpoints:
        - endpoint: {address: {socket_address: {address: lessons.local, port_value: 50051}}}
    health_checks:
    - timeout: 1s
      interval: 1s
      healthy_threshold: 1
      unhealthy_threshold: 2
      tcp_health_check: {send: {text: "505249202a20485454502f322e300d0a0d0a534d0d0a0d0a"}}
    outlier_detection: {consecutive_gateway_failure: 2}
    circuit_breakers: {thresholds: [{max_requests: 1000, max_pending_requests: 1000, max_retries: 100}]}
  - name: grading
    type: STRICT_DNS
    connect_timeout: 1s
    load_assignment:
      cluster_name: grading
      endpoints:
      - lb_endpoints:
        - endpoint: {address: {socket_address: {address: grading.local, port_value: 50052}}}
    circuit_breakers: {thresholds: [{max_requests: 1000, max_pending_requests: 1000, max_retries: 100}]}
admin: {address: {socket_address: {address: 127.0.0.1, port_value: 9901}}}
overload_manager:
  resource_monitors:
  - name: envoy.resource_monitors.fixed_heap
    typed_config: {"@type": type.googleapis.com/FixedHeapConfig, max_heap_size_bytes: "157286400"}
"""

Bootstrap = dict[str, Any]
Change = Callable[[Bootstrap], object]


def bootstrap(*changes: Change) -> Bootstrap:
    """Return the bootstrap with `changes`."""
    values: Bootstrap = yaml.safe_load(_TEXT)
    for change in changes:
        change(values)
    return values


def cluster(values: Bootstrap, name: str = "lessons") -> dict[str, Any]:
    """Return a cluster of a bootstrap, to change it."""
    return next(c for c in values["static_resources"]["clusters"] if c["name"] == name)


def listener(values: Bootstrap) -> dict[str, Any]:
    """Return the listener of a bootstrap, to change it."""
    return values["static_resources"]["listeners"][0]


def manager(values: Bootstrap) -> dict[str, Any]:
    """Return the HTTP connection manager of a bootstrap, to change it."""
    return listener(values)["filter_chains"][0]["filters"][0]["typed_config"]


def hosts(values: Bootstrap) -> list[dict[str, Any]]:
    """Return the virtual hosts of a bootstrap, to change them."""
    return manager(values)["route_config"]["virtual_hosts"]


def search(values: Bootstrap) -> dict[str, Any]:
    """Return the route of `lessons / Search`, to change it."""
    return hosts(values)[0]["routes"][0]["route"]


def both(change: Callable[[dict[str, Any]], object]) -> Change:
    """Return a change of both clusters alike."""
    return lambda values: [change(cluster(values, name)) for name in ("lessons", "grading")]


def of_cluster(**fields: object) -> Change:
    """Return a change of fields of the cluster `lessons`."""
    return lambda values: cluster(values).update(fields)
