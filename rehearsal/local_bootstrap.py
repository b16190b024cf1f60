"""The deployed bootstrap, moved to loopback: nothing but addresses and the resolver change."""

import json
from typing import Any

Bootstrap = dict[str, Any]


def localize(bootstrap: str, *, address: str, name_server: str, name_server_port: int) -> str:
    """Return `bootstrap` as one machine can run it.

    The listener and the admin interface bind `address` instead of every interface and
    127.0.0.1, which other programs use; names are asked of `name_server` instead of the VPC.
    """
    moved: Bootstrap = json.loads(bootstrap)
    moved["static_resources"]["listeners"][0]["address"]["socket_address"]["address"] = address
    moved["admin"]["address"]["socket_address"]["address"] = address
    moved["typed_dns_resolver_config"]["typed_config"]["resolvers"] = [
        {"socket_address": {"protocol": "UDP", "address": name_server, "port_value": name_server_port}}
    ]
    return json.dumps(moved, separators=(",", ":"))


def refresh_seconds(bootstrap: str) -> float:
    """Return how often Envoy asks DNS at the latest: the slowest refresh of its clusters."""
    clusters: list[Bootstrap] = json.loads(bootstrap)["static_resources"]["clusters"]
    rates = [cluster["cluster_type"]["typed_config"]["dns_refresh_rate"] for cluster in clusters]
    return max(float(rate.removesuffix("s")) for rate in rates)
