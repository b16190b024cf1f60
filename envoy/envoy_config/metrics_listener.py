"""The metrics listener: it serves Envoy's metrics and nothing else of the admin interface."""

from datetime import timedelta
from urllib.parse import quote

from envoy_config.address import socket_address
from envoy_config.http2 import BUFFER_LIMIT_BYTES
from envoy_config.http_filters import http_filters
from envoy_config.messages import (
    Cluster,
    Filter,
    FilterChain,
    HeaderMatcher,
    HttpConnectionManager,
    Listener,
    Route,
    RouteAction,
    RouteConfiguration,
    RouteMatch,
    StringMatcher,
    VirtualHost,
)
from envoy_config.model import Proxy
from envoy_config.static_cluster import static_cluster
from envoy_config.telemetry import ADMIN_CLUSTER, Metrics
from envoy_config.typed_extension import typed_config

_STATS_FILTER = (
    r"^(grpc|server|http|overload|connection_limit)\.|^cluster\.[^.]+\.(membership|outlier|upstream)"
    r"|\.rq_total$"
)
"""
Of an endpoint's series only the number of its requests. The other eight would be most of all series.
"""


def metrics_listener(proxy: Proxy, metrics: Metrics) -> Listener:
    """Return the listener of `GET /stats/prometheus` and `GET /ready`."""
    manager = HttpConnectionManager(
        stat_prefix="metrics",
        request_headers_timeout=timedelta(seconds=10),
        http_filters=http_filters(),
        route_config=RouteConfiguration(
            name="metrics",
            virtual_hosts=[
                VirtualHost(
                    name="metrics",
                    domains=["*"],
                    routes=[
                        _route(
                            "/stats/prometheus", f"/stats/prometheus?filter={quote(_STATS_FILTER, safe='')}"
                        ),
                        _route("/ready", "/ready"),
                    ],
                )
            ],
        ),
    )
    return Listener(
        name="metrics",
        address=socket_address(proxy.address, metrics.port),
        per_connection_buffer_limit_bytes=BUFFER_LIMIT_BYTES,
        # When Envoy sheds load, its metrics must stay readable, to show how much it sheds.
        bypass_overload_manager=True,
        filter_chains=[
            FilterChain(
                filters=[
                    Filter(
                        name="envoy.filters.network.http_connection_manager",
                        typed_config=typed_config(manager),
                    )
                ]
            )
        ],
    )


def _route(path: str, admin_path: str) -> Route:
    # A scraper's own query could ask for all statistics of every endpoint. Our query comes first, so it
    # applies.
    get = HeaderMatcher(name=":method", string_match=StringMatcher(exact="GET"))
    return Route(
        match=RouteMatch(path=path, headers=[get]),
        route=RouteAction(cluster=ADMIN_CLUSTER, prefix_rewrite=admin_path, timeout=timedelta(seconds=10)),
    )


def admin_cluster(proxy: Proxy) -> Cluster:
    """Return the cluster of Envoy's own admin interface, on loopback."""
    return static_cluster(ADMIN_CLUSTER, socket_address(proxy.admin_address, proxy.admin_port))
