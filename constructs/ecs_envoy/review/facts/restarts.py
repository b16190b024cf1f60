"""Which ECS services get new tasks by a change."""

from collections.abc import Iterator

from ecs_envoy.review.comparison import Comparison
from ecs_envoy.review.facts.ecs import EcsService
from ecs_envoy.review.resources.changes import Kind

NEW_DEPLOYMENT_PROPERTIES = {
    "TaskDefinition",
    "NetworkConfiguration",
    "PlatformVersion",
    "LoadBalancers",
    "ServiceRegistries",
    "ServiceConnectConfiguration",
    "VolumeConfigurations",
    "VpcLatticeConfigurations",
    "ForceNewDeployment",
}
"""The properties of an ECS service whose change starts new tasks in place of the running ones.

Source: Amazon ECS API Reference, UpdateService, where each parameter says whether it triggers a deployment.
"""


def rolling_services(comparison: Comparison) -> tuple[EcsService, ...]:
    """Return the ECS services whose tasks all end and are started anew: proxies first, then by name."""
    return tuple(sorted(_rolling(comparison), key=lambda service: (not service.is_proxy, service.name)))


def _rolling(comparison: Comparison) -> Iterator[EcsService]:
    if comparison.base is None or comparison.head is None:
        return
    for change in comparison.changes.resources:
        if change.type != "AWS::ECS::Service" or change.kind in {Kind.ADDED, Kind.REMOVED, Kind.ORPHANED}:
            continue
        changed = {change.name for change in change.properties}
        if change.kind is not Kind.CHANGED or changed & NEW_DEPLOYMENT_PROPERTIES:
            yield comparison.head.services[change.new_id]
