"""A cluster: the tasks of one service, and how calls are spread over them."""

from datetime import timedelta

from envoy_config.address import socket_address
from envoy_config.dns import dns_cluster_type
from envoy_config.eds import eds_cluster_config
from envoy_config.health_check import health_checks
from envoy_config.http2 import (
    BUFFER_LIMIT_BYTES,
    HEADERS_COUNT,
    HEADERS_KIB,
    upstream_http2,
    upstream_tcp_keepalive,
)
from envoy_config.load_balancing import load_balancing_policy
from envoy_config.messages import (
    CircuitBreakers,
    CircuitBreakersThresholds,
    CircuitBreakersThresholdsRetryBudget,
    Cluster,
    ClusterCommonLbConfig,
    ClusterCommonLbConfigLocalityWeightedLbConfig,
    ClusterDiscoveryType,
    ClusterLbPolicy,
    ClusterLoadAssignment,
    CommonHttpProtocolOptions,
    Endpoint,
    EndpointHealthCheckConfig,
    HttpProtocolOptions,
    HttpProtocolOptionsExplicitHttpConfig,
    LbEndpoint,
    LocalityLbEndpoints,
    Percent,
    TrackClusterStats,
    UpstreamConnectionOptions,
)
from envoy_config.model import DNS_RECORDS, Discovery, Proxy, Service
from envoy_config.outlier_detection import outlier_detection
from envoy_config.policy.retries import RetryBudget
from envoy_config.policy.traffic_policy import TrafficPolicy
from envoy_config.push_back import push_back_filters
from envoy_config.typed_extension import typed_config


def cluster(
    service: Service, proxy: Proxy, *, check_interval: timedelta | None, stream: bool = False
) -> Cluster:
    """Return the cluster by which `proxy` balances calls over the tasks of `service`.

    Args:
        service: The service.
        proxy: The proxy.
        check_interval: The time between two health checks of a task; None if its tasks are not checked.
        stream: Whether Envoy gets the endpoints by a stream, and not from a file.

    """
    eds, policy = service.discovery is Discovery.EDS, service.policy
    return Cluster(
        name=service.name,
        type=ClusterDiscoveryType.EDS if eds else None,
        eds_cluster_config=(
            eds_cluster_config(proxy.endpoints_folder, service.name, stream=stream) if eds else None
        ),
        cluster_type=None if eds else dns_cluster_type(),
        load_assignment=None if eds else _load_assignment(service),
        connect_timeout=policy.connect_timeout,
        per_connection_buffer_limit_bytes=BUFFER_LIMIT_BYTES,
        lb_policy=ClusterLbPolicy.ROUND_ROBIN,
        # It is used instead if it is given.
        load_balancing_policy=load_balancing_policy(service),
        health_checks=health_checks(policy.health_check, check_interval),
        outlier_detection=outlier_detection(
            policy.outlier_detection, checked=policy.health_check.type != "none"
        ),
        circuit_breakers=_circuit_breakers(policy, proxy.open_call_limit(service)),
        common_lb_config=_common_lb_config(service),
        ignore_health_on_host_removal=_lists_every_task(service),
        # Envoy keeps these counts in any case. They are the first to show uneven load.
        track_cluster_stats=TrackClusterStats(per_endpoint_stats=True) if proxy.metrics else None,
        upstream_connection_options=UpstreamConnectionOptions(tcp_keepalive=upstream_tcp_keepalive()),
        typed_extension_protocol_options={
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": typed_config(_http2(service))
        },
    )


def _common_lb_config(service: Service) -> ClusterCommonLbConfig:
    plain = service.zone_aware and load_balancing_policy(service) is None
    return ClusterCommonLbConfig(
        healthy_panic_threshold=Percent(value=service.policy.load_balancing.panic_threshold),
        # A new task's first health check comes within 1 s of the task's discovery. With Envoy's default
        # window of 1 s, the task would wait until the window ends: one of the two seconds until a new
        # task gets calls (measured: bench/discovery.md).
        update_merge_window=timedelta(milliseconds=100),
        # Not Envoy's zone-aware routing: it assumes that every proxy gets the same number of calls, and a
        # few pinned clients break that. The weights in the endpoint file do not assume it. Envoy wants this
        # in `load_balancing_policy` if the cluster has one.
        locality_weighted_lb_config=ClusterCommonLbConfigLocalityWeightedLbConfig() if plain else None,
    )


def _http2(service: Service) -> HttpProtocolOptions:
    return HttpProtocolOptions(
        common_http_protocol_options=CommonHttpProtocolOptions(
            max_connection_duration=service.policy.connections.max_duration,
            max_headers_count=HEADERS_COUNT,
            max_response_headers_kb=HEADERS_KIB,
        ),
        explicit_http_config=HttpProtocolOptionsExplicitHttpConfig(
            http2_protocol_options=upstream_http2(service.policy.connections)
        ),
        http_filters=push_back_filters(service),
    )


def _lists_every_task(service: Service) -> bool:
    """Return whether discovery lists every task, so that Envoy can drop an unlisted task at once.

    A file lists every task, and DNS lists every task of a small service, also while a deployment runs old and
    new ones together. For a larger service, or one of unknown size, a DNS answer may be a sample. If Envoy
    dropped the tasks that are missing in an answer, its endpoints would change with every answer. So the
    health check decides there.
    """
    return service.discovery is Discovery.EDS or (
        service.max_tasks is not None and 2 * service.max_tasks <= DNS_RECORDS
    )


def _load_assignment(service: Service) -> ClusterLoadAssignment:
    port = service.policy.health_check.port
    endpoint = Endpoint(
        address=socket_address(service.address, service.upstream.port),
        # The discovery sidecar does the same (`discovery.endpoints_file`).
        health_check_config=EndpointHealthCheckConfig(port_value=port) if port else None,
    )
    return ClusterLoadAssignment(
        cluster_name=service.name,
        endpoints=[LocalityLbEndpoints(lb_endpoints=[LbEndpoint(endpoint=endpoint)])],
    )


def _retry_budget(budget: RetryBudget | None) -> CircuitBreakersThresholdsRetryBudget | None:
    if budget is None:
        return None
    return CircuitBreakersThresholdsRetryBudget(
        budget_percent=Percent(value=budget.percent), min_retry_concurrency=budget.min_retries
    )


def _circuit_breakers(policy: TrafficPolicy, open_calls: int) -> CircuitBreakers:
    settings = policy.circuit_breakers
    return CircuitBreakers(
        thresholds=[
            CircuitBreakersThresholds(
                # Envoy's default of 1024 is as many as one connection from a client may have, so one client
                # could take them all.
                max_requests=open_calls,
                # Calls that wait for a connection. A burst needs several connections
                # (`max_concurrent_streams`), and Envoy's default of 1024 would refuse the rest of it.
                max_pending_requests=settings.max_pending_calls or open_calls,
                # At worst each call has a connection of its own.
                max_connections=settings.max_connections or open_calls,
                # A budget takes its place.
                max_retries=settings.max_retries,
                retry_budget=_retry_budget(policy.retries.budget),
            )
        ]
    )
