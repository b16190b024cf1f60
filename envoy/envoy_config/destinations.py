"""Where the calls of a route go: to the tasks of its service, and by a canary to others."""

from collections.abc import Iterator
from dataclasses import dataclass

from envoy_config.load_balancing import version_metadata
from envoy_config.messages import (
    HeaderMatcher,
    Metadata,
    RouteActionRequestMirrorPolicy,
    RuntimeFractionalPercent,
    StringMatcher,
    WeightedCluster,
    WeightedClusterClusterWeight,
)
from envoy_config.model import Service
from envoy_config.percentage import fractional_percent
from envoy_config.policy.headers import HeaderMatch
from envoy_config.policy.splitting import Canary
from envoy_config.policy.traffic_policy import MethodPolicy

_SHARES_A_PERCENT = 10_000
"""Envoy's weights are whole numbers, so that the least share is 0.0001 %."""


@dataclass(frozen=True, kw_only=True)
class Destination:
    """The tasks that a call goes to.

    Attributes:
        cluster: The name of the service that they are of.
        version: Their version; None for all of the service.
        weight: Their share of the calls.

    """

    cluster: str
    version: str | None
    weight: int = 0

    @property
    def metadata_match(self) -> Metadata | None:
        """The metadata of these tasks; None for all of the service."""
        return version_metadata(self.version)


def by_lot(service: Service, policy: MethodPolicy) -> list[Destination]:
    """Return where calls go that no header sends elsewhere; the service itself is last."""
    canaries = [
        _of(canary, service, round(canary.percent * _SHARES_A_PERCENT))
        for canary in policy.canaries
        if canary.percent
    ]
    rest = 100 * _SHARES_A_PERCENT - sum(destination.weight for destination in canaries)
    own = Destination(
        cluster=service.name, version=service.policy.load_balancing.version, weight=max(rest, 0)
    )
    return [*canaries, own]


def by_header(service: Service, policy: MethodPolicy) -> Iterator[tuple[HeaderMatch, Destination]]:
    """Yield the headers by which calls go elsewhere, and where."""
    for canary in policy.canaries:
        if canary.header:
            yield canary.header, _of(canary, service, 0)


def weighted_clusters(destinations: list[Destination]) -> WeightedCluster:
    """Return Envoy's choice by lot among `destinations`."""
    return WeightedCluster(
        clusters=[
            WeightedClusterClusterWeight(
                name=destination.cluster,
                weight=destination.weight,
                metadata_match=destination.metadata_match,
            )
            for destination in destinations
        ]
    )


def mirror_policies(policy: MethodPolicy) -> list[RouteActionRequestMirrorPolicy]:
    """Return where copies of calls go."""
    mirror = policy.mirror
    if mirror is None:
        return []
    return [
        RouteActionRequestMirrorPolicy(
            cluster=mirror.to,
            runtime_fraction=RuntimeFractionalPercent(default_value=fractional_percent(mirror.percent)),
            # The server sees the name that the client dialled, as in the call itself.
            disable_shadow_host_suffix_append=True,
        )
    ]


def header_matcher(header: HeaderMatch) -> HeaderMatcher:
    """Return Envoy's condition that a call has `header`."""
    if header.value is None:
        return HeaderMatcher(name=header.name, present_match=True)
    return HeaderMatcher(name=header.name, string_match=StringMatcher(exact=header.value))


def _of(canary: Canary, service: Service, weight: int) -> Destination:
    own = service.policy.load_balancing.version if canary.to is None else None
    return Destination(cluster=canary.to or service.name, version=canary.version or own, weight=weight)
