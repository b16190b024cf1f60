"""Endpoints from a file: something beside Envoy writes it, and Envoy takes each new one as a whole."""

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

    The file has to be there when Envoy starts, and is replaced by a move within its folder.
    """
    # A folder for each service: Envoy reads a file again with every move in the folder that it watches.
    watched = f"{folder}/{service}"
    return ClusterEdsClusterConfig(
        eds_config=ConfigSource(
            path_config_source=PathConfigSource(
                path=f"{watched}/{FILE}", watched_directory=WatchedDirectory(path=watched)
            ),
            resource_api_version=ApiVersion.V3,
        )
    )
