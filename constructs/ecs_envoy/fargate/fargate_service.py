"""An ECS service on Fargate that deploys safely, and how far it may scale."""

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from constructs import Construct


def define_fargate_service(
    scope: Construct,
    *,
    ecs_cluster: ecs.ICluster,
    definition: ecs.FargateTaskDefinition,
    security_group: ec2.ISecurityGroup,
    desired_count: int | None,
    cloud_map_options: ecs.CloudMapOptions | None = None,
) -> ecs.FargateService:
    """Return the ECS service of `definition`, in private subnets.

    A deployment starts new tasks before it stops old ones, and is rolled back where the
    new ones do not come up.
    """
    return ecs.FargateService(
        scope,
        "Service",
        cluster=ecs_cluster,
        task_definition=definition,
        desired_count=desired_count,
        assign_public_ip=False,
        vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS),
        security_groups=[security_group],
        min_healthy_percent=100,
        max_healthy_percent=200,
        circuit_breaker=ecs.DeploymentCircuitBreaker(rollback=True),
        cloud_map_options=cloud_map_options,
        platform_version=ecs.FargatePlatformVersion.VERSION1_4,
    )


def initial_count(min_tasks: int, max_tasks: int) -> int | None:
    """Return the desired count to write in the template; None where autoscaling owns it.

    A count in the template would undo autoscaling's with every deployment.
    """
    return min_tasks if min_tasks == max_tasks else None


def scale(service: ecs.FargateService, *, min_tasks: int, max_tasks: int, cpu_percent: int) -> None:
    """Let `service` follow its mean CPU between two bounds; nothing where they are one."""
    if min_tasks != max_tasks:
        service.auto_scale_task_count(
            min_capacity=min_tasks, max_capacity=max_tasks
        ).scale_on_cpu_utilization("Cpu", target_utilization_percent=cpu_percent)
