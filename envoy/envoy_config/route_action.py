"""What Envoy does with a call that a route matches."""

from datetime import timedelta

from envoy_config.destinations import Destination, mirror_policies, weighted_clusters
from envoy_config.messages import HedgePolicy, RetryPolicy, RouteAction, RouteActionMaxStreamDuration
from envoy_config.policy.traffic_policy import MethodPolicy


def route_action(
    policy: MethodPolicy, retries: RetryPolicy | None, destinations: list[Destination]
) -> RouteAction:
    """Return what happens to calls that have this policy and go to one of `destinations`.

    `retries` is their retry policy; None if it is that of the virtual host.
    """
    sole = destinations[0] if len(destinations) == 1 else None
    return RouteAction(
        cluster=sole.cluster if sole else None,
        metadata_match=sole.metadata_match if sole else None,
        weighted_clusters=None if sole else weighted_clusters(destinations),
        request_mirror_policies=mirror_policies(policy),
        # Envoy's default of 15 s would end every longer stream.
        timeout=policy.timeout or timedelta(0),
        # No `max_stream_duration` by default: client and task both keep the client's deadline, and a third
        # timer only races with theirs. If Envoy ends a stream that has begun, its client reads INTERNAL
        # (measured: 41 to 91 of 800 streams with a deadline of 1 s). Call status: call_status.py.
        max_stream_duration=_max_stream_duration(policy),
        idle_timeout=policy.idle_timeout,
        retry_policy=retries,
        hedge_policy=(
            HedgePolicy(hedge_on_per_try_timeout=True) if policy.hedging and policy.idempotent else None
        ),
    )


def _max_stream_duration(policy: MethodPolicy) -> RouteActionMaxStreamDuration | None:
    # With it, Envoy ignores `timeout`, which ends a call earlier.
    if policy.max_stream_duration is None or policy.timeout:
        return None
    return RouteActionMaxStreamDuration(max_stream_duration=policy.max_stream_duration)
