"""Envoy's routes: a virtual host for the names of each service, and one for every other name."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from envoy_config.destinations import by_header, by_lot, header_matcher
from envoy_config.header_changes import header_changes
from envoy_config.http2 import REQUEST_BUFFER_BYTES
from envoy_config.http_filters import route_filters
from envoy_config.messages import (
    HeaderMatcher,
    RetryPolicy,
    RouteAction,
    RouteConfiguration,
    RouteMatch,
    StringMatcher,
    VirtualHost,
)
from envoy_config.messages import Route as EnvoyRoute
from envoy_config.method_routes import PolicyRoute, method_routes
from envoy_config.model import Service
from envoy_config.rate_limit import limit_metadata
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
    treated: dict[tuple[Route, ...], list[PolicyRoute]] = {}
    for host, listed in by_host.items():
        ordered = sorted(listed, key=lambda found: found.route.rank)
        key = tuple(replace(found.route, host=None) for found in ordered)
        domains[key].append(host)
        treated[key] = ordered
    return RouteConfiguration(
        name="grpc",
        # A client's `:authority` has the port that it dialled. `strip_any_host_port` would also hide it from
        # the task (HttpConnectionManager's reference).
        ignore_port_in_host_matching=True,
        virtual_hosts=[
            # With `*` alone, Envoy does not look at the name.
            _virtual_host(["*"] if "*" in hosts else sorted(hosts), treated[found], by_name)
            for found, hosts in sorted(domains.items(), key=lambda item: sorted(item[1]))
        ],
    )


def _virtual_host(
    domains: list[str], routes: Sequence[PolicyRoute], services: Mapping[str, Service]
) -> VirtualHost:
    retries = [
        retry_policy(found.policy, zone_aware=services[found.route.service].zone_aware) for found in routes
    ]
    usual = max(retries, key=retries.count)
    return VirtualHost(
        name=domains[0],
        domains=domains,
        request_body_buffer_limit=REQUEST_BUFFER_BYTES,
        # It is longer than all else in a route. So it is here, once for all that have the same.
        retry_policy=usual,
        routes=[
            route
            for found, own in zip(routes, retries, strict=True)
            for route in _routes(found, services[found.route.service], None if own == usual else own)
        ],
    )


def _routes(found: PolicyRoute, service: Service, retries: RetryPolicy | None) -> Iterator[EnvoyRoute]:
    """Yield a route for each header that sends calls elsewhere, and one for all other calls."""
    for header, destination in by_header(service, found.policy):
        match = _match(found.route, header_matcher(header))
        yield _route(found, service, match, route_action(found.policy, retries, [destination]))
    action = route_action(found.policy, retries, by_lot(service, found.policy))
    yield _route(found, service, _match(found.route), action)


def _route(found: PolicyRoute, service: Service, match: RouteMatch, action: RouteAction) -> EnvoyRoute:
    return EnvoyRoute(
        # The service's name in log, metrics and messages (`SERVICE` in access_log.py).
        name=service.name,
        match=match,
        route=action,
        metadata=limit_metadata(found),
        typed_per_filter_config=route_filters(found, service),
        **header_changes(found.policy.headers),
    )


def _match(route: Route, *also: HeaderMatcher) -> RouteMatch:
    headers = [
        *(HeaderMatcher(name=name, string_match=StringMatcher(exact=value)) for name, value in route.headers),
        *also,
    ]
    if route.proto_service and route.method:
        return RouteMatch(path=f"/{route.proto_service}/{route.method}", headers=headers)
    return RouteMatch(prefix=f"/{route.proto_service}/" if route.proto_service else "/", headers=headers)
