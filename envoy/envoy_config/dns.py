"""How Envoy asks DNS: ECS lists a service's tasks as the A records of one name."""

from datetime import timedelta

from envoy_data_plane.envoy.config.cluster.v3 import ClusterCustomClusterType
from envoy_data_plane.envoy.config.core.v3 import Address, DnsResolverOptions, TypedExtensionConfig
from envoy_data_plane.envoy.extensions.clusters.common.dns.v3 import DnsLookupFamily
from envoy_data_plane.envoy.extensions.clusters.dns.v3 import DnsCluster, DnsClusterRefreshRate
from envoy_data_plane.envoy.extensions.network.dns_resolver.cares.v3 import CaresDnsResolverConfig

from envoy_config.model import DNS_REFRESH_RATE
from envoy_config.typed_extension import typed_config, typed_extension


def dns_cluster_type() -> ClusterCustomClusterType:
    """Return the discovery of every task that a DNS name lists, each an endpoint of its own."""
    return ClusterCustomClusterType(
        name="envoy.clusters.dns",
        typed_config=typed_config(
            DnsCluster(
                dns_refresh_rate=DNS_REFRESH_RATE,
                # Else a failed look-up is repeated at once, by every cluster at the same time.
                dns_failure_refresh_rate=DnsClusterRefreshRate(
                    base_interval=timedelta(seconds=1), max_interval=DNS_REFRESH_RATE
                ),
                # The registry's owner decides by its TTL how fast a new task is found.
                respect_dns_ttl=True,
                # A TTL of 0 or 1 s on some foreign record must not become a flood of queries.
                dns_min_refresh_rate=timedelta(seconds=1),
                # Two proxies and many clusters start at one time; they need not ask at one time.
                dns_jitter=timedelta(milliseconds=500),
                # ECS registers A records; AAAA would double the queries for nothing.
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
            # Names are complete: the VPC's search domain would only add look-ups that fail.
            dns_resolver_options=DnsResolverOptions(no_default_search_domain=True),
            # Envoy's 5 s x 4 would hide a lost packet for a whole refresh; the VPC's resolver is 1 ms away.
            query_timeout_seconds=1,
            query_tries=3,
            # A socket that went deaf is otherwise kept, and with it the old endpoints.
            reinit_channel_on_timeout=True,
        ),
    )
