"""Routes: which proto service goes to which cluster."""

from datetime import timedelta

from envoy_data_plane.envoy.config.core.v3 import Metadata
from envoy_data_plane.envoy.config.route.v3 import (
    RetryPolicy,
    RetryPolicyRetryBackOff,
    RetryPolicyRetryHostPredicate,
    Route,
    RouteAction,
    RouteActionMaxStreamDuration,
    RouteConfiguration,
    RouteMatch,
    VirtualHost,
)
from envoy_data_plane.envoy.extensions.retry.host.omit_host_metadata.v3 import OmitHostMetadataConfig
from envoy_data_plane.envoy.extensions.retry.host.previous_hosts.v3 import PreviousHostsPredicate
from envoy_data_plane.google.protobuf import Struct, Value

from envoy_config.model import Service
from envoy_config.typed_extension import typed_config


def route_configuration(services: tuple[Service, ...]) -> RouteConfiguration:
    """Return the routes to all `services`, in the order of their paths."""
    prefixes = {
        prefix: service
        for service in services
        for prefix in ([f"/{claimed}/" for claimed in service.upstream.grpc_services] or ["/"])
    }
    return RouteConfiguration(
        name="grpc",
        virtual_hosts=[
            VirtualHost(
                name="grpc",
                # Clients dial the proxy by several names over its life; the path alone decides.
                domains=["*"],
                routes=[_route(prefix, prefixes[prefix]) for prefix in sorted(prefixes)],
            )
        ],
    )


def _route(prefix: str, service: Service) -> Route:
    return Route(
        match=RouteMatch(prefix=prefix),
        route=RouteAction(
            cluster=service.name,
            # Envoy's 15 s would cut every longer stream.
            timeout=timedelta(0),
            # 0 is no cap of ours on `grpc-timeout`: the client's own deadline holds, and no other.
            # No offset either: a deadline is the client's, and not to be shortened.
            max_stream_duration=RouteActionMaxStreamDuration(grpc_timeout_header_max=timedelta(0)),
            retry_policy=_retry_policy(service),
        ),
    )


def _retry_policy(service: Service) -> RetryPolicy:
    return RetryPolicy(
        # Only where no task can have begun the call, so that no method needs to be idempotent.
        retry_on="connect-failure,refused-stream,reset-before-request",
        # Enough to pass by half of eight tasks: a rolling deployment can take them away together, and DNS
        # tells it seconds later (measured by `make rehearse`: two were spent on dead tasks).
        num_retries=5,
        # Envoy's 25 to 250 ms spend all in half a second. Where ECS replaced every task and none of the new
        # ones listens yet, later tries had better wait (measured with eight clients and tasks that listened
        # 1 s after DNS named them: 7 calls failed instead of 34).
        retry_back_off=RetryPolicyRetryBackOff(
            base_interval=timedelta(milliseconds=50), max_interval=timedelta(seconds=1)
        ),
        retry_host_predicate=[_previous_hosts(), *([_own_zone()] if service.zone_aware else [])],
        # Where a zone is preferred, one pick in twenty is of another one: two turns of that.
        host_selection_retry_max_attempts=40 if service.zone_aware else 5,
    )


def _previous_hosts() -> RetryPolicyRetryHostPredicate:
    # A second try on the same task would likely end as the first did.
    return RetryPolicyRetryHostPredicate(
        name="envoy.retry_host_predicates.previous_hosts", typed_config=typed_config(PreviousHostsPredicate())
    )


def _own_zone() -> RetryPolicyRetryHostPredicate:
    # Where a zone is preferred, its endpoints say so. Tasks of one zone go down together; without this, all
    # tries would go to them (found by a test: every call failed until the health check had seen it).
    own_zone = Metadata(filter_metadata={"envoy.lb": Struct(fields={"own_zone": Value(bool_value=True)})})
    return RetryPolicyRetryHostPredicate(
        name="envoy.retry_host_predicates.omit_host_metadata",
        typed_config=typed_config(OmitHostMetadataConfig(metadata_match=own_zone)),
    )
