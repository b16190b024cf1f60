"""A cluster with one fixed endpoint: another container or listener in Envoy's own task."""

from datetime import timedelta

from envoy_config.http2 import upstream_http2
from envoy_config.messages import (
    Address,
    Cluster,
    ClusterDiscoveryType,
    ClusterLoadAssignment,
    Endpoint,
    HttpProtocolOptions,
    HttpProtocolOptionsExplicitHttpConfig,
    LbEndpoint,
    LocalityLbEndpoints,
)
from envoy_config.policy.capacity import Connections
from envoy_config.typed_extension import typed_config


def static_cluster(name: str, address: Address) -> Cluster:
    """Return the cluster `name`, whose only endpoint is at `address`."""
    return Cluster(
        name=name,
        type=ClusterDiscoveryType.STATIC,
        connect_timeout=timedelta(seconds=1),
        load_assignment=ClusterLoadAssignment(
            cluster_name=name,
            endpoints=[LocalityLbEndpoints(lb_endpoints=[LbEndpoint(endpoint=Endpoint(address=address))])],
        ),
    )


def http2_cluster(name: str, address: Address) -> Cluster:
    """Return the cluster `name`, whose only endpoint at `address` serves gRPC."""
    cluster = static_cluster(name, address)
    cluster.typed_extension_protocol_options = {
        "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": typed_config(
            HttpProtocolOptions(
                explicit_http_config=HttpProtocolOptionsExplicitHttpConfig(
                    http2_protocol_options=upstream_http2(Connections())
                )
            )
        )
    }
    return cluster
