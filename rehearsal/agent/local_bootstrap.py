"""The deployed bootstrap, moved to this machine: only addresses, the resolver and folders change."""

import json
from collections.abc import Callable
from typing import Any

from envoy_config.telemetry import ADMIN_CLUSTER, COLLECTOR_CLUSTER

Bootstrap = dict[str, Any]


def localize(
    bootstrap: str,
    *,
    address: str,
    name_server: str,
    name_server_port: int,
    moved: Callable[[str], str] = lambda path: path,
) -> str:
    """Return `bootstrap` as one machine can run it.

    The listeners and the admin interface bind `address` instead of every interface and
    127.0.0.1, which other programs use, and what stands beside Envoy is sought there; names are
    asked of `name_server` instead of the VPC; files are where `moved` says that their paths are here.
    """
    local: Bootstrap = json.loads(bootstrap)
    for listener in local["static_resources"]["listeners"]:
        listener["address"]["socket_address"]["address"] = address
    local["admin"]["address"]["socket_address"]["address"] = address
    local["typed_dns_resolver_config"]["typed_config"]["resolvers"] = [
        {"socket_address": {"protocol": "UDP", "address": name_server, "port_value": name_server_port}}
    ]
    for cluster in local["static_resources"]["clusters"]:
        if eds := cluster.get("eds_cluster_config"):
            source = eds["eds_config"]["path_config_source"]
            source["path"] = moved(source["path"])
            source["watched_directory"]["path"] = moved(source["watched_directory"]["path"])
        if cluster["name"] in {ADMIN_CLUSTER, COLLECTOR_CLUSTER}:
            (endpoint,) = cluster["load_assignment"]["endpoints"][0]["lb_endpoints"]
            endpoint["endpoint"]["address"]["socket_address"]["address"] = address
    return json.dumps(local, separators=(",", ":"))
