"""The bootstrap: Envoy's whole configuration."""

from collections.abc import Sequence

from envoy_config.address import socket_address
from envoy_config.check_pace import check_intervals
from envoy_config.cluster import cluster
from envoy_config.dns import dns_resolver
from envoy_config.eds import by_stream, xds_cluster, xds_stream
from envoy_config.listener import listener
from envoy_config.messages import Admin, Bootstrap, BootstrapStaticResources, Node
from envoy_config.metrics_listener import admin_cluster, metrics_listener
from envoy_config.model import Proxy, Service
from envoy_config.overload_manager import overload_manager
from envoy_config.routing import check_routing
from envoy_config.runtime import layered_runtime
from envoy_config.stats import stats_config
from envoy_config.tracing import collector_cluster


def bootstrap(proxy: Proxy, services: Sequence[Service]) -> Bootstrap:
    """Return the bootstrap of an Envoy that routes gRPC calls to `services`.

    The order of `services` does not matter: the same set gives the same bootstrap.

    Raises:
        RoutingError: There is no service to route to, or two services claim the same calls.

    """
    ordered = tuple(sorted(services, key=lambda service: service.name))
    check_routing([service.claim for service in ordered])
    intervals, stream = check_intervals(proxy, ordered), by_stream(ordered)
    return Bootstrap(
        node=Node(id=proxy.name, cluster=proxy.name),
        # Loopback only: it has no password, and it can stop Envoy.
        admin=Admin(address=socket_address(proxy.admin_address, proxy.admin_port)),
        typed_dns_resolver_config=dns_resolver(),
        layered_runtime=layered_runtime(),
        overload_manager=overload_manager(proxy),
        static_resources=BootstrapStaticResources(
            listeners=[
                listener(proxy, ordered),
                *([metrics_listener(proxy, proxy.metrics)] if proxy.metrics else []),
            ],
            clusters=[
                *(
                    cluster(service, proxy, check_interval=intervals.get(service.name), stream=stream)
                    for service in ordered
                ),
                *([admin_cluster(proxy)] if proxy.metrics else []),
                *([collector_cluster()] if proxy.tracing else []),
                *([xds_cluster()] if stream else []),
            ],
        ),
        dynamic_resources=xds_stream() if stream else None,
        stats_config=stats_config() if proxy.metrics else None,
    )
