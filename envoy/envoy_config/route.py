"""Envoy's routes: a virtual host for the names of each service, and one for every other name."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from envoy_config.http2 import REQUEST_BUFFER_BYTES
from envoy_config.http_filters import route_filters
from envoy_config.messages import (
    HeaderMatcher,
    RetryPolicy,
    RouteConfiguration,
    RouteMatch,
    StringMatcher,
    VirtualHost,
)
from envoy_config.messages import Route as EnvoyRoute
from envoy_config.method_routes import PolicyRoute, method_routes
from envoy_config.model import Service
from envoy_config.policy.traffic_policy import MethodPolicy
from envoy_config.retry_policy import retry_policy
from envoy_config.route_action import route_action
from envoy_config.routing import Route


def route_configuration(routes: Iterable[Route], services: Iterable[Service]) -> RouteConfiguration:
    """Return `routes`, which lead to `services`, whatever their order."""
    by_name = {service.name: service for service in services}
    by_host: defaultdict[str, list[PolicyRoute]] = defaultdict(list)
    for found in method_routes(routes, by_name):
        by_host[found.route.host or "*"].append(found)
    # Names with the same routes are domains of one virtual host, so that the bootstrap has them once.
    domains: defaultdict[tuple[Route, ...], list[str]] = defaultdict(list)
    policies: dict[tuple[Route, ...], list[MethodPolicy]] = {}
    for host, listed in by_host.items():
        ordered = sorted(listed, key=lambda found: found.route.rank)
        key = tuple(replace(found.route, host=None) for found in ordered)
        domains[key].append(host)
        policies[key] = [found.policy for found in ordered]
    return RouteConfiguration(
        name="grpc",
        # A client's `:authority` has the port that it dialled. `strip_any_host_port` would also hide it from
        # the task (HttpConnectionManager's reference).
        ignore_port_in_host_matching=True,
        virtual_hosts=[
            # With `*` alone, Envoy does not look at the name.
            _virtual_host(["*"] if "*" in hosts else sorted(hosts), found, policies[found], by_name)
            for found, hosts in sorted(domains.items(), key=lambda item: sorted(item[1]))
        ],
    )


def _virtual_host(
    domains: list[str],
    routes: tuple[Route, ...],
    policies: Sequence[MethodPolicy],
    services: Mapping[str, Service],
) -> VirtualHost:
    retries = [
        retry_policy(policy, zone_aware=services[route.service].zone_aware)
        for route, policy in zip(routes, policies, strict=True)
    ]
    usual = max(retries, key=retries.count)
    return VirtualHost(
        name=domains[0],
        domains=domains,
        request_body_buffer_limit=REQUEST_BUFFER_BYTES,
        # It is longer than all else in a route. So it is here, once for all that have the same.
        retry_policy=usual,
        routes=[
            _route(route, services[route.service], policy, None if found == usual else found)
            for route, policy, found in zip(routes, policies, retries, strict=True)
        ],
    )


def _route(
    route: Route, service: Service, policy: MethodPolicy, own_retries: RetryPolicy | None
) -> EnvoyRoute:
    return EnvoyRoute(
        # The service's name in log, metrics and messages (`SERVICE` in access_log.py).
        name=service.name,
        match=_match(route),
        route=route_action(service, policy, own_retries),
        typed_per_filter_config=route_filters(policy),
    )


def _match(route: Route) -> RouteMatch:
    headers = [
        HeaderMatcher(name=name, string_match=StringMatcher(exact=value)) for name, value in route.headers
    ]
    if route.proto_service and route.method:
        return RouteMatch(path=f"/{route.proto_service}/{route.method}", headers=headers)
    return RouteMatch(prefix=f"/{route.proto_service}/" if route.proto_service else "/", headers=headers)
