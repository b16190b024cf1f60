"""Turns a configuration into the plans that the rules check and that the proxy's task is made from.

It does not use the CDK. Every function but `proxy_task` also works for a configuration that could be read
only in part: the plan then lacks the fields that could not be read.
"""

from collections.abc import Callable, Iterator

from ecs_envoy.configuration.existing.plans import existing_plan, own_namespace_id, proxy_name, upstream
from ecs_envoy.configuration.model import Configuration, NewNetwork
from ecs_envoy.configuration.parsed import build_partly
from ecs_envoy.configuration.proxies.views import carries, is_routed
from ecs_envoy.configuration.server import Api, CutOver, Service
from ecs_envoy.configuration.telemetry import Telemetry
from ecs_envoy.plan.cut_over import CutOverPlan, upstream_names
from ecs_envoy.plan.network_plan import NetworkPlan
from ecs_envoy.plan.proxy_task import ProxyTask, ProxyTaskInput, health_check_load, plan_proxy_task
from ecs_envoy.plan.proxy_telemetry import ProxyTelemetry
from ecs_envoy.plan.reach.proxy_access import ProxyAccess, outbound_rules
from ecs_envoy.plan.reach.service_location import InCloudMap
from ecs_envoy.plan.server_task import ServerTask
from ecs_envoy.plan.service_plan import ServicePlan
from ecs_envoy.plan.stop.proxy_stop import ProxyStop
from ecs_envoy.plan.stop.rollout import proxy_rollout, services_rollout
from ecs_envoy.plan.stop.service_stop import TaskStop
from ecs_envoy.settings.regions import partition_of
from ecs_envoy.settings.task.options import ServerOptions, TaskOptions
from ecs_envoy.settings.task.own_datadog import has_own_datadog
from envoy_config import AccessLog, Tracing
from envoy_config.policy.fault import FaultInjection


def proxy_task(configuration: Configuration) -> ProxyTask:
    """Return the plan of the proxy's task of `configuration`.

    Raises:
        BootstrapTooLargeError: The bootstrap does not fit the task definition, not even packed.

    """
    return plan_proxy_task(proxy_task_input(configuration))


def proxy_task_input(configuration: Configuration) -> ProxyTaskInput:
    """Return the input of the plan of the proxy's task."""
    return build_partly(
        ProxyTaskInput,
        {
            "environment": lambda: configuration.environment,
            "name": lambda: configuration.proxy.name,
            "namespace": lambda: configuration.namespace.name,
            "namespace_id": lambda: own_namespace_id(configuration),
            "region": lambda: configuration.region,
            "aliases": lambda: configuration.proxy.aliases,
            "port": lambda: configuration.proxy.port,
            "further_ports": lambda: configuration.proxy.further_ports,
            "cpu": lambda: configuration.proxy.cpu,
            "memory_mib": lambda: configuration.proxy.memory,
            "min_tasks": lambda: configuration.proxy.tasks.min,
            "max_tasks": lambda: configuration.proxy.tasks.max,
            "max_connections": lambda: configuration.proxy.max_connections,
            "services": lambda: [plan for _, plan in service_plans(configuration)],
            "telemetry": lambda: proxy_telemetry(configuration),
            "discovery_interval": lambda: configuration.proxy.discovery.interval,
            "discovery_events": lambda: configuration.proxy.discovery.events,
            "stop": lambda: ProxyStop(drain=configuration.proxy.drain),
            "options": lambda: configuration.proxy.part(TaskOptions),
            "policy": lambda: configuration.policy,
            "shares_policy": lambda: len(configuration.proxies) > 1,
            "fault_injection": lambda: fault_injection(configuration),
        },
    )


def fault_injection(configuration: Configuration) -> FaultInjection:
    """Return whether a policy may have a fault: everywhere but in production."""
    return configuration.fault_injection if configuration.production else "allowed"


def hears_events(configuration: Configuration) -> bool:
    """Return whether the proxy's discovery sidecar hears ECS's events."""
    found = [plan.discovery for _, plan in service_plans(configuration)]
    return configuration.proxy.discovery.events and "cloud_map" in found


def proxy_access(configuration: Configuration) -> ProxyAccess:
    """Return what the rules check of those who may call the proxy."""
    prometheus = configuration.telemetry.prometheus
    return ProxyAccess(
        clients=len(proxy_clients(configuration)),
        ports=1 + len(configuration.proxy.further_ports),
        others=1 + (len(prometheus.scraped_from) if prometheus else 0),
        outbound=outbound_rules(
            [plan.with_defaults(configuration.policy) for _, plan in service_plans(configuration)]
        ),
    )


def proxy_clients(configuration: Configuration) -> list[str]:
    """Return who may call the proxy: `api`, names of services, and entries of `proxy.clients`."""
    api = configuration.api
    calling = [name for name, s in configuration.services.items() if carries(configuration, s.calls)]
    may_call = ["api"] if api and carries(configuration, api.calls) else []
    return list(dict.fromkeys([*may_call, *configuration.proxy.clients, *calling]))


def rollout(configuration: Configuration) -> Iterator[str]:
    """Yield the lines of the time-line of a deployment of the proxy and of each service."""
    yield from proxy_rollout(proxy_task_input(configuration).stop, configuration.proxy.tasks.min)
    yield from services_rollout(plan for _, plan in service_plans(configuration) if plan.is_deployed_here)
    yield from health_check_load(proxy_task_input(configuration))


def _in_own_namespace(configuration: Configuration, service: str) -> InCloudMap:
    return InCloudMap(
        service=service,
        namespace=configuration.namespace.name,
        namespace_id=own_namespace_id(configuration),
    )


def service_plan(configuration: Configuration, name: str, service: Service) -> ServicePlan:
    """Return the plan of `service`: what the proxy needs to know about it."""
    return build_partly(
        ServicePlan,
        {
            "name": lambda: name,
            "location": lambda: _in_own_namespace(configuration, name),
            "upstream": lambda: upstream(service, proxy=proxy_name(configuration)),
            "discovery": lambda: service.discovery,
            "instance_ports": lambda: None,
            "cidrs": tuple,
            # All services of a file carry the network's group, whose id nobody knows yet.
            "security_group": lambda: "upstream",
            "max_tasks": lambda: service.tasks.max,
            "policy": lambda: service.policy,
            "stop": lambda: TaskStop(
                stop_timeout=service.stop_timeout,
                pre_stop_wait=service.pre_stop_wait,
                has_pre_stop_image=service.pre_stop_image is not None,
                poll_interval=configuration.proxy.discovery.interval,
            ),
        },
    )


def cut_overs(configuration: Configuration) -> Iterator[tuple[str, CutOver]]:
    """Yield the name of each service whose clients move from an old load balancer, and how they do."""
    for name, cut_over in _every_cut_over(configuration):
        if is_routed(configuration, name):
            yield name, cut_over


def _every_cut_over(configuration: Configuration) -> Iterator[tuple[str, CutOver]]:
    for name, service in {**configuration.services, **configuration.existing_services}.items():
        if service.cut_over:
            yield name, service.cut_over


def cut_over_plans(configuration: Configuration) -> Iterator[tuple[str, CutOverPlan]]:
    """Yield what the rules check of each service whose clients move from an old load balancer."""
    listed = list(_every_cut_over(configuration))
    for name, cut_over in cut_overs(configuration):
        yield name, _cut_over_plan(configuration, name, cut_over, listed)


def _cut_over_plan(
    configuration: Configuration, name: str, cut_over: CutOver, listed: list[tuple[str, CutOver]]
) -> CutOverPlan:
    return build_partly(
        CutOverPlan,
        {
            "name": lambda: cut_over.name,
            "load_balancer": lambda: cut_over.load_balancer,
            "namespace": lambda: configuration.namespace.name,
            "others": lambda: {
                other.name.lower(): f"the name of {service}" for service, other in listed if service != name
            },
            "upstream_names": lambda: upstream_names(plan for _, plan in service_plans(configuration)),
        },
    )


def server_task(configuration: Configuration, server: Service | Api) -> ServerTask:
    """Return what the rules check of the task of `server`."""

    def check(time: str) -> Callable[[], object]:
        return lambda: getattr(server.container_health_check, time) if server.container_health_check else None

    return build_partly(
        ServerTask,
        {
            "port": lambda: server.port,
            "cpu": lambda: server.cpu,
            "memory": lambda: server.memory,
            "min_tasks": lambda: server.tasks.min,
            "max_tasks": lambda: server.tasks.max,
            "environment": lambda: server.environment,
            "secrets": lambda: server.secrets.keys(),
            "check_interval": check("interval"),
            "check_timeout": check("timeout"),
            "datadog": lambda: (
                configuration.telemetry.datadog is not None
                and configuration.telemetry.datadog.services
                and not has_own_datadog({**server.environment, **server.secrets}, server.sidecars)
            ),
            "options": lambda: server.part(ServerOptions),
            "has_check": lambda: server.container_health_check is not None,
        },
    )


def network_plan(configuration: Configuration) -> NetworkPlan:
    """Return what the rules check of the network."""

    def new() -> NewNetwork:
        return configuration.network.new or NewNetwork()

    return build_partly(
        NetworkPlan,
        {
            "new_vpc": lambda: not configuration.network.exists,
            "has_settings_of_new_vpc": lambda: configuration.network.new is not None,
            "ecs_cluster_name": lambda: configuration.network.ecs_cluster,
            "availability_zones": lambda: new().availability_zones,
            "nat_gateways": lambda: new().nat_gateways,
            "region": lambda: configuration.region,
        },
    )


def proxy_telemetry(configuration: Configuration) -> ProxyTelemetry:
    """Return what the proxy's containers need to know about its telemetry."""
    telemetry = configuration.telemetry
    return ProxyTelemetry(
        access_log=telemetry.access_log.part(AccessLog),
        tracing=telemetry.tracing.part(Tracing) if telemetry.tracing else None,
        metrics=telemetry.has_metrics,
        cloudwatch_log_group=f"{configuration.proxy.name}-metrics" if telemetry.cloudwatch else None,
        remote_write_url=_remote_write_url(telemetry, configuration.region),
        datadog=telemetry.datadog is not None,
        datadog_log=telemetry.datadog is not None and telemetry.datadog.access_log,
    )


def _remote_write_url(telemetry: Telemetry, region: str) -> str | None:
    workspace = telemetry.prometheus.workspace if telemetry.prometheus else None
    if workspace is None:
        return None
    # A placeholder: the id of a new workspace has this length.
    identity = f"ws-{'0' * 36}" if workspace == "new" else workspace.rpartition("/")[2]
    suffix = partition_of(region).dns_suffix
    return f"https://aps-workspaces.{region}.{suffix}/workspaces/{identity}/api/v1/remote_write"


def service_plans(configuration: Configuration) -> Iterator[tuple[str, ServicePlan]]:
    """Yield the name and the plan of each service of the proxy."""
    for name, service in configuration.services.items():
        if is_routed(configuration, name):
            yield name, service_plan(configuration, name, service)
    for name, existing in configuration.existing_services.items():
        if is_routed(configuration, name):
            yield name, existing_plan(configuration, name, existing)


def servers(configuration: Configuration) -> dict[tuple[str, ...], Service | Api]:
    """Return each block that describes a server, by its path."""
    found: dict[tuple[str, ...], Service | Api] = {
        ("services", name): service for name, service in configuration.services.items()
    }
    if configuration.api:
        found[("api",)] = configuration.api
    return found
