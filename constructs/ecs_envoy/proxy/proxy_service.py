"""The ECS service of a proxy, and its scaling."""

from aws_cdk import Annotations
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_servicediscovery as servicediscovery
from constructs import Construct, IConstruct

from ecs_envoy.fargate.fargate_service import define_fargate_service
from ecs_envoy.fargate.places import places
from ecs_envoy.network.cloud_map_name import Registry
from ecs_envoy.network.place import Place
from ecs_envoy.network.task_security_group import define_task_security_group
from ecs_envoy.plan.policy.rules import policy_warnings
from ecs_envoy.plan.proxy_task import ProxyTaskInput
from ecs_envoy.plan.sidecars import envoy_memory_mib
from ecs_envoy.plan.stop.proxy_stop import max_healthy_percent
from ecs_envoy.plan.stop.service_stop import DNS_TTL
from ecs_envoy.proxy.containers import ProxyContainers
from ecs_envoy.proxy.scaling import open_calls, scale_proxy
from ecs_envoy.settings.task.capacity import spot_warnings
from envoy_config.settings_error import dotted


def define_proxy_service(
    scope: Construct,
    task: ProxyTaskInput,
    definition: ecs.FargateTaskDefinition,
    *,
    ecs_cluster: ecs.ICluster,
    namespace: servicediscovery.IPrivateDnsNamespace,
    security_group: ec2.ISecurityGroup | None,
    place: Place,
    cpu_percent: int,
) -> ecs.FargateService:
    """Define the ECS service of `task`, and scale it if its bounds differ."""
    scales = task.min_tasks != task.max_tasks
    service = define_fargate_service(
        scope,
        ecs_cluster=ecs_cluster,
        definition=definition,
        security_group=security_group
        or define_task_security_group(
            scope, "SecurityGroup", vpc=ecs_cluster.vpc, description=f"Envoy proxy {task.name}"
        ),
        # With a count in the template, every deployment would undo autoscaling.
        desired_count=None if scales else task.min_tasks,
        max_healthy_percent=max_healthy_percent(task.min_tasks),
        registry=Registry(namespace=namespace, name=task.name, ttl=DNS_TTL),
        options=task.options,
        place=place,
    )
    if scales:
        scale_proxy(
            service,
            min_tasks=task.min_tasks,
            max_tasks=task.max_tasks,
            cpu_percent=cpu_percent,
            open_calls=open_calls(task.metrics_name) if task.telemetry.cloudwatch_log_group else None,
            envoy_memory_mib=envoy_memory_mib(task.memory_mib, task.sidecars),
        )
    for (key, *_), problem in spot_warnings(task.options.capacity_providers):
        Annotations.of(scope).add_warning_v2(f"ecs-envoy:{key}", f"{key}: {problem}")
    for path, problem in policy_warnings(task):
        Annotations.of(scope).add_warning_v2(f"ecs-envoy:{path[-1]}", f"{dotted(path)}: {problem}")
    return service


def proxy_places(made: ProxyContainers, service: ecs.FargateService) -> dict[str, IConstruct | None]:
    """Return the constructs of a proxy whose resources may be overridden, by `ProxyPlace`."""
    return {
        **places(made.definition, service, made.log_group),
        "cloud_map_service": service.node.try_find_child("CloudmapService"),
        "metrics_log_group": made.metrics_log_group,
    }
