"""How Envoy queries DNS: ECS lists a service's tasks as A records of one name."""

from datetime import timedelta

from envoy_config.messages import (
    Address,
    CaresDnsResolverConfig,
    ClusterCustomClusterType,
    DnsCluster,
    DnsClusterRefreshRate,
    DnsLookupFamily,
    TypedExtensionConfig,
)
from envoy_config.model import DNS_REFRESH_RATE
from envoy_config.typed_extension import typed_config, typed_extension

RESOLVER_ENVIRONMENT = {"LOCALDOMAIN": "x" * 64, "RES_OPTIONS": "ndots:1"}
"""
Environment variables of Envoy's process, without which a service has no tasks while DNS lists none.

Envoy believes an answer without addresses, and NXDOMAIN: it drops all endpoints at once, and no setting of
Envoy 1.40 keeps them. After an error it keeps them ("Service discovery", strict DNS). Once c-ares has found
nothing under a name, it tries the name within its search domains, and LOCALDOMAIN names these (ares_init(3)).
A label of more than 63 characters cannot be in a query (RFC 1035, 2.3.4). So c-ares sends none, and its
result is an error. ADR 0007 has the alternatives.

It must ask for the name itself first. A resolv.conf with `ndots` above the name's dots would reverse that,
and no service would ever have a task; RES_OPTIONS overrides it.
"""


def dns_cluster_type() -> ClusterCustomClusterType:
    """Return the cluster type that makes an endpoint of each address that a DNS name has."""
    return ClusterCustomClusterType(
        name="envoy.clusters.dns",
        typed_config=typed_config(
            DnsCluster(
                dns_refresh_rate=DNS_REFRESH_RATE,
                # Without this, every cluster repeats a failed look-up at once and at the same time.
                dns_failure_refresh_rate=DnsClusterRefreshRate(
                    base_interval=timedelta(seconds=1), max_interval=DNS_REFRESH_RATE
                ),
                # The TTL of the records decides how fast a new task is found.
                respect_dns_ttl=True,
                # An existing service's record may have a TTL of 0 or 1 s, which must not flood DNS with
                # queries.
                dns_min_refresh_rate=timedelta(seconds=1),
                # The clusters of all proxies start together; this spreads their queries.
                dns_jitter=timedelta(milliseconds=500),
                # ECS registers only A records; asking for AAAA would double the queries.
                dns_lookup_family=DnsLookupFamily.V4_ONLY,
            )
        ),
    )


def dns_resolver(resolvers: tuple[Address, ...] = ()) -> TypedExtensionConfig:
    """Return the c-ares resolver; it asks the VPC's own resolver unless `resolvers` are given."""
    return typed_extension(
        "envoy.network.dns_resolver.cares",
        CaresDnsResolverConfig(
            resolvers=list(resolvers),
            # Not `no_default_search_domain`: c-ares has to try the search domain of `RESOLVER_ENVIRONMENT`.
            # With `ndots:1` it first asks for a name with a dot as it is, so this sends no further query.
            # With Envoy's default of 4 tries of 5 s, a lost packet delays a whole refresh. The VPC's resolver
            # is 1 ms away.
            query_timeout_seconds=1,
            query_tries=3,
            # Otherwise Envoy keeps a socket that gets no more answers, and so keeps the old endpoints.
            reinit_channel_on_timeout=True,
        ),
    )
