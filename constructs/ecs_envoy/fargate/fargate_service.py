"""An ECS service on Fargate that deploys safely."""

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
) -> ecs.FargateService:
    """Return the ECS service of `definition`, in the subnets of `place`.

    A deployment starts new tasks before it stops old ones, and is rolled back if the new tasks
    do not start. `max_healthy_percent` says how many tasks may run at once during it.
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
    if registry:
        add_registry(service, registry)
    for key, value in sorted(options.tags.items()):
        Tags.of(scope).add(key, value)
    return service
