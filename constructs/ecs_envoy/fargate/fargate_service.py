"""An ECS service on Fargate that deploys safely."""

from collections.abc import Sequence

from aws_cdk import Tags
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from constructs import Construct

from ecs_envoy.network.cloud_map_name import Registry, add_registry
from ecs_envoy.network.place import Place
from ecs_envoy.plan.stop.proxy_stop import MIN_HEALTHY_PERCENT
from ecs_envoy.settings.task.options import TaskOptions


def define_fargate_service(
    scope: Construct,
    *,
    ecs_cluster: ecs.ICluster,
    definition: ecs.FargateTaskDefinition,
    security_group: ec2.ISecurityGroup,
    desired_count: int | None,
    max_healthy_percent: int = 200,
    registry: Registry | None = None,
    options: TaskOptions,
    place: Place,
    carried: Sequence[ec2.ISecurityGroup] = (),
) -> ecs.FargateService:
    """Return the ECS service of `definition`, in the subnets of `place`.

    A deployment starts new tasks before it stops old ones, and is rolled back if the new tasks
    do not start. `max_healthy_percent` says how many tasks may run at once during it. Its tasks also have the
    security groups `carried`, which other rules name; its `connections` do not know them.
    """
    service = ecs.FargateService(
        scope,
        "Service",
        cluster=ecs_cluster,
        task_definition=definition,
        desired_count=desired_count,
        assign_public_ip=place.public_addresses,
        vpc_subnets=place.subnets,
        capacity_provider_strategies=[
            ecs.CapacityProviderStrategy(
                capacity_provider=provider.provider, weight=provider.weight, base=provider.base or None
            )
            for provider in options.capacity_providers
        ]
        or None,
        security_groups=[security_group],
        min_healthy_percent=MIN_HEALTHY_PERCENT,
        max_healthy_percent=max_healthy_percent,
        # ECS's default for new services ("CreateService" in its API reference), written out: ECS replaces
        # tasks by itself if one zone has more of them than another.
        availability_zone_rebalancing=ecs.AvailabilityZoneRebalancing.ENABLED,
        # By default tasks have no tags, and nobody can tell whose they are on a bill.
        propagate_tags=ecs.PropagatedTagSource.SERVICE,
        circuit_breaker=ecs.DeploymentCircuitBreaker(rollback=True),
        platform_version=ecs.FargatePlatformVersion.VERSION1_4,
    )
    _carry(service, carried)
    if registry:
        add_registry(service, registry)
    for key, value in sorted(options.tags.items()):
        Tags.of(scope).add(key, value)
    return service


def _carry(service: ecs.FargateService, groups: Sequence[ec2.ISecurityGroup]) -> None:
    """Add `groups` to the tasks of `service`, but not to its connections.

    Every rule that the CDK writes for the connections of a service is there for each of its groups: whoever
    lets this service in would let all in that share a group with it.
    """
    resource = service.node.default_child or service.node.find_child("Service")
    assert isinstance(resource, ecs.CfnService)  # noqa: S101  # the CDK made it
    for number, group in enumerate(groups, start=1):
        resource.add_property_override(
            f"NetworkConfiguration.AwsvpcConfiguration.SecurityGroups.{number}", group.security_group_id
        )
