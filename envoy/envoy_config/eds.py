"""Endpoints from a file: the discovery sidecar writes it, and Envoy reads each new version as a whole."""

from envoy_data_plane.envoy.config.cluster.v3 import ClusterEdsClusterConfig
from envoy_data_plane.envoy.config.core.v3 import (
    ApiVersion,
    ConfigSource,
    PathConfigSource,
    WatchedDirectory,
)

FILE = "endpoints.json"


def eds_cluster_config(folder: str, service: str) -> ClusterEdsClusterConfig:
    """Return the discovery of `service` from its file, `<folder>/<service>/endpoints.json`.

    The file must exist when Envoy starts. To change it, move a new file over it from within its folder.
    """
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
