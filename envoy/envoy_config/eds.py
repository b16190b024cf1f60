"""Endpoints from the discovery sidecar: by a file for each service, or by one stream for all of them."""

from collections.abc import Sequence

from envoy_config.address import socket_address
from envoy_config.messages import (
    AggregatedConfigSource,
    ApiConfigSource,
    ApiConfigSourceApiType,
    ApiVersion,
    BootstrapDynamicResources,
    Cluster,
    ClusterEdsClusterConfig,
    ConfigSource,
    GrpcService,
    GrpcServiceEnvoyGrpc,
    PathConfigSource,
    WatchedDirectory,
)
from envoy_config.model import XDS_ADDRESS, XDS_PORT, Discovery, Service
from envoy_config.routing import XDS_CLUSTER
from envoy_config.static_cluster import http2_cluster

FILE = "endpoints.json"

MAX_FILES = 30
"""
The services that Envoy follows by files, at most. It takes one of the kernel's inotify instances for each, a
user has 128 of them (`fs.inotify.max_user_instances`), and Envoy 1.40 aborts if it gets none (measured: 100
services start, 200 do not). ECS has no setting for it ("Amazon ECS task definition parameters for Fargate":
systemControls). A rehearsal runs several Envoys as one user, so that the number leaves room for four.
"""


def by_stream(services: Sequence[Service]) -> bool:
    """Return whether Envoy gets the endpoints of `services` by a stream of xDS, and not by files."""
    return sum(service.discovery is Discovery.EDS for service in services) > MAX_FILES


def eds_cluster_config(folder: str, service: str, *, stream: bool) -> ClusterEdsClusterConfig:
    """Return the discovery of `service`: by the stream, or from its file `<folder>/<service>/endpoints.json`.

    The file must exist when Envoy starts. To change it, move a new file over it from within its folder.
    """
    if stream:
        return ClusterEdsClusterConfig(
            eds_config=ConfigSource(ads=AggregatedConfigSource(), resource_api_version=ApiVersion.V3)
        )
    # Each service has its own folder, because Envoy reads a file again after each move in a watched folder.
    watched = f"{folder}/{service}"
    return ClusterEdsClusterConfig(
        eds_config=ConfigSource(
            path_config_source=PathConfigSource(
                path=f"{watched}/{FILE}", watched_directory=WatchedDirectory(path=watched)
            ),
            resource_api_version=ApiVersion.V3,
        )
    )


def xds_stream() -> BootstrapDynamicResources:
    """Return where Envoy asks for the stream."""
    return BootstrapDynamicResources(
        ads_config=ApiConfigSource(
            api_type=ApiConfigSourceApiType.GRPC,
            transport_api_version=ApiVersion.V3,
            grpc_services=[GrpcService(envoy_grpc=GrpcServiceEnvoyGrpc(cluster_name=XDS_CLUSTER))],
            # Envoy describes itself in 77 KB.
            set_node_on_first_message_only=True,
        )
    )


def xds_cluster() -> Cluster:
    """Return the cluster of the discovery sidecar, on loopback."""
    return http2_cluster(XDS_CLUSTER, socket_address(XDS_ADDRESS, XDS_PORT))
