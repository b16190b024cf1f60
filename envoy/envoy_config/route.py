"""Envoy's routes: a virtual host for the names of each service, and one for every other name."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta

from envoy_config.client_rate import client_rate
from envoy_config.http2 import REQUEST_BUFFER_BYTES
from envoy_config.messages import (
    HeaderMatcher,
    Metadata,
    OmitHostMetadataConfig,
    PreviousHostsPredicate,
    RetryPolicy,
    RetryPolicyRetryBackOff,
    RetryPolicyRetryHostPredicate,
    RouteAction,
    RouteConfiguration,
    RouteMatch,
    StringMatcher,
    Struct,
    Value,
    VirtualHost,
)
from envoy_config.messages import Route as EnvoyRoute
from envoy_config.model import Service
from envoy_config.routing import Route
from envoy_config.typed_extension import typed_config


def route_configuration(routes: Iterable[Route], services: Iterable[Service]) -> RouteConfiguration:
    """Return `routes`, which lead to `services`, whatever their order."""
    by_host: defaultdict[str, list[Route]] = defaultdict(list)
    for route in routes:
        by_host[route.host or "*"].append(route)
    # Names with the same routes are domains of one virtual host, so that the bootstrap has them once.
    domains: defaultdict[tuple[Route, ...], list[str]] = defaultdict(list)
    for host, found in by_host.items():
        ordered = sorted(found, key=lambda route: route.rank)
        domains[tuple(replace(route, host=None) for route in ordered)].append(host)
    by_name = {service.name: service for service in services}
    return RouteConfiguration(
        name="grpc",
        # A client's `:authority` has the port that it dialled. `strip_any_host_port` would also hide it from
        # the task (HttpConnectionManager's reference).
        ignore_port_in_host_matching=True,
        virtual_hosts=[
            # With `*` alone, Envoy does not look at the name.
            _virtual_host(["*"] if "*" in hosts else sorted(hosts), found, by_name)
            for found, hosts in sorted(domains.items(), key=lambda item: sorted(item[1]))
        ],
    )


def _virtual_host(
    domains: list[str], routes: tuple[Route, ...], services: Mapping[str, Service]
) -> VirtualHost:
    usual = services[routes[0].service]
    return VirtualHost(
        name=domains[0],
        domains=domains,
        request_body_buffer_limit=REQUEST_BUFFER_BYTES,
        # It is longer than all else in a route. So it is here, once for all that have the same.
        retry_policy=_retry_policy(zone_aware=usual.zone_aware),
        routes=[_route(route, services[route.service], usual) for route in routes],
    )


def _route(route: Route, service: Service, usual: Service) -> EnvoyRoute:
    same = service.zone_aware == usual.zone_aware
    return EnvoyRoute(
        # The service's name in log, metrics and messages (`SERVICE` in access_log.py).
        name=service.name,
        match=_match(route),
        route=RouteAction(
            cluster=service.name,
            # Envoy's default of 15 s would end every longer stream.
            timeout=timedelta(0),
            # No `max_stream_duration` either: client and task both keep the client's deadline, and a third
            # timer only races with theirs. If Envoy ends a stream that has begun, its client reads INTERNAL
            # (measured: 41 to 91 of 800 streams with a deadline of 1 s). Call status: call_status.py.
            retry_policy=None if same else _retry_policy(zone_aware=service.zone_aware),
        ),
        typed_per_filter_config=client_rate(service),
    )


def _match(route: Route) -> RouteMatch:
    headers = [
        HeaderMatcher(name=name, string_match=StringMatcher(exact=value)) for name, value in route.headers
    ]
    if route.proto_service and route.method:
        return RouteMatch(path=f"/{route.proto_service}/{route.method}", headers=headers)
    return RouteMatch(prefix=f"/{route.proto_service}/" if route.proto_service else "/", headers=headers)


def _retry_policy(*, zone_aware: bool) -> RetryPolicy:
    return RetryPolicy(
        # Only if no task can have begun the call, so that methods do not have to be idempotent.
        retry_on="connect-failure,refused-stream,reset-before-request",
        # Enough to get past half of eight tasks: a rolling deployment can stop them together, and DNS shows
        # that seconds later (measured by `make rehearse`: two retries went to dead tasks).
        num_retries=5,
        # With Envoy's default of 25 to 250 ms, all retries happen within half a second. If ECS has replaced
        # every task and no new task listens yet, the later tries should wait longer (measured with eight
        # clients and tasks that listened 1 s after DNS listed them: 7 calls failed instead of 34).
        retry_back_off=RetryPolicyRetryBackOff(
            base_interval=timedelta(milliseconds=50), max_interval=timedelta(seconds=1)
        ),
        retry_host_predicate=[_previous_hosts(), *([_own_zone()] if zone_aware else [])],
        # If a zone is preferred, one pick in twenty is from another zone; 40 picks are two such rounds.
        host_selection_retry_max_attempts=40 if zone_aware else 5,
    )


def _previous_hosts() -> RetryPolicyRetryHostPredicate:
    # A second try on the same task would probably fail like the first.
    return RetryPolicyRetryHostPredicate(
        name="envoy.retry_host_predicates.previous_hosts", typed_config=typed_config(PreviousHostsPredicate())
    )


def _own_zone() -> RetryPolicyRetryHostPredicate:
    # Endpoints of the preferred zone have this metadata. The tasks of one zone can fail together, and without
    # this predicate all tries would go to them (found by a test: every call failed until the health check
    # noticed).
    own_zone = Metadata(filter_metadata={"envoy.lb": Struct(fields={"own_zone": Value(bool_value=True)})})
    return RetryPolicyRetryHostPredicate(
        name="envoy.retry_host_predicates.omit_host_metadata",
        typed_config=typed_config(OmitHostMetadataConfig(metadata_match=own_zone)),
    )
