"""Changes the deployed bootstrap so that it runs on this machine: addresses, DNS resolver and folders."""

import json
from collections.abc import Callable
from typing import Any

from envoy_config.routing import OWN_CLUSTERS

Bootstrap = dict[str, Any]


def localize(
    bootstrap: str,
    *,
    address: str,
    name_server: str,
    name_server_port: int,
    local_path: Callable[[str], str] = lambda path: path,
) -> str:
    """Return `bootstrap` with the changes that it needs to run on this machine.

    Args:
        bootstrap: The deployed bootstrap, as JSON.
        address: The loopback address for the listeners and the admin interface, which are deployed with
            0.0.0.0 and 127.0.0.1. The admin interface and the sidecars are called there, too.
        name_server: The address of the DNS server that takes the place of the VPC's resolver.
        name_server_port: Its UDP port.
        local_path: Returns the path on this machine for a path in the container.

    """
    local: Bootstrap = json.loads(bootstrap)
    for listener in local["static_resources"]["listeners"]:
        for place in (listener, *listener.get("additional_addresses", [])):
            place["address"]["socket_address"]["address"] = address
    local["admin"]["address"]["socket_address"]["address"] = address
    local["typed_dns_resolver_config"]["typed_config"]["resolvers"] = [
        {"socket_address": {"protocol": "UDP", "address": name_server, "port_value": name_server_port}}
    ]
    for cluster in local["static_resources"]["clusters"]:
        source = cluster.get("eds_cluster_config", {}).get("eds_config", {}).get("path_config_source")
        if source:
            source["path"] = local_path(source["path"])
            source["watched_directory"]["path"] = local_path(source["watched_directory"]["path"])
        if cluster["name"] in OWN_CLUSTERS:
            (endpoint,) = cluster["load_assignment"]["endpoints"][0]["lb_endpoints"]
            endpoint["endpoint"]["address"]["socket_address"]["address"] = address
    return json.dumps(local, separators=(",", ":"))
