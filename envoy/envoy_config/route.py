"""Routes: which cluster gets the calls of which proto service."""

from datetime import timedelta

from envoy_data_plane.envoy.config.core.v3 import Metadata
from envoy_data_plane.envoy.config.route.v3 import (
    RetryPolicy,
    RetryPolicyRetryBackOff,
    RetryPolicyRetryHostPredicate,
    Route,
    RouteAction,
    RouteConfiguration,
    RouteMatch,
    VirtualHost,
)
from envoy_data_plane.envoy.extensions.retry.host.omit_host_metadata.v3 import OmitHostMetadataConfig
from envoy_data_plane.envoy.extensions.retry.host.previous_hosts.v3 import PreviousHostsPredicate
from envoy_data_plane.google.protobuf import Struct, Value

from envoy_config.client_rate import client_rate
from envoy_config.http2 import REQUEST_BUFFER_BYTES
from envoy_config.model import Service
from envoy_config.typed_extension import typed_config


def route_configuration(services: tuple[Service, ...]) -> RouteConfiguration:
    """Return the routes to all `services`, in the order of their paths."""
    prefixes = {
        prefix: service
        for service in services
        for prefix in ([f"/{proto_service}/" for proto_service in service.upstream.grpc_services] or ["/"])
    }
    return RouteConfiguration(
        name="grpc",
        virtual_hosts=[
            VirtualHost(
                name="grpc",
                # Clients may dial the proxy by any name, so only the path decides.
                domains=["*"],
                request_body_buffer_limit=REQUEST_BUFFER_BYTES,
                routes=[_route(prefix, prefixes[prefix]) for prefix in sorted(prefixes)],
            )
        ],
    )


def _route(prefix: str, service: Service) -> Route:
    return Route(
        match=RouteMatch(prefix=prefix),
        route=RouteAction(
            cluster=service.name,
            # Envoy's default of 15 s would end every longer stream.
            timeout=timedelta(0),
            # No `max_stream_duration` either: client and task both keep the client's deadline, and a third
            # timer only races with theirs. If Envoy ends a stream that has begun, its client reads INTERNAL
            # (measured: 41 to 91 of 800 streams with a deadline of 1 s). Call status: call_status.py.
            retry_policy=_retry_policy(service),
        ),
        typed_per_filter_config=client_rate(service),
    )


def _retry_policy(service: Service) -> RetryPolicy:
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
        retry_host_predicate=[_previous_hosts(), *([_own_zone()] if service.zone_aware else [])],
        # If a zone is preferred, one pick in twenty is from another zone; 40 picks are two such rounds.
        host_selection_retry_max_attempts=40 if service.zone_aware else 5,
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
