"""What a proxy needs to know about a service, whoever deploys it."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

import envoy_config
from ecs_envoy.plan.discovery import Discovery, discovery_problem
from ecs_envoy.plan.limits.quotas import INSTANCES_OF_SERVICE
from ecs_envoy.plan.reach.service_location import InCloudMap, Location, dns_name
from ecs_envoy.plan.rules import Rule
from ecs_envoy.plan.stop.service_stop import (
    NO_WAIT,
    TaskStop,
    pre_stop_wait,
    pre_stop_wait_problem,
    serving_problem,
)
from ecs_envoy.settings.reach.port_range import PortRange
from envoy_config import TrafficPolicy, Upstream
from envoy_config.policy.merging import service_policy
from envoy_config.routing import Claim
from envoy_config.settings_error import Finding

MAX_HEALTHY_PERCENT = 200
"""How many tasks of a service may run during a deployment, as a share of those at rest: ECS's default."""


@dataclass(frozen=True, kw_only=True)
class ServicePlan:
    """How a proxy finds and calls the tasks of a service.

    Attributes:
        name: The service's name in the proxy's configuration, log and metrics.
        location: Where its tasks are listed.
        upstream: Which calls go to it, and the port of its tasks.
        discovery: How the proxy finds its tasks.
        max_tasks: The most tasks that may run at once; None if the number is unknown.
        stop: How its tasks stop.
        policy: How the proxy treats its calls, as far as the service itself says it.
        instance_ports: The ports of tasks that each have their own; None if all have that of `upstream`.
        cidrs: The IPv4 blocks that its tasks are in. Without a security group of the service, the proxy may
            connect to these; empty for the private subnets of the proxy's VPC.
        security_group: The security group that the proxy's outbound rules name: of a service that we deploy
            the one that it shares with others, of another one its own; empty if there is none, or its id is
            not known.

    """

    name: str
    location: Location
    upstream: Upstream
    discovery: Discovery
    max_tasks: int | None
    stop: TaskStop
    policy: TrafficPolicy = field(default_factory=TrafficPolicy)
    instance_ports: PortRange | None = None
    cidrs: tuple[str, ...] = ()
    security_group: str = ""

    @property
    def address(self) -> str:
        """The DNS name of its tasks; empty if they have none."""
        return dns_name(self.location) or ""

    @property
    def listed_in(self) -> InCloudMap | None:
        """The Cloud Map service that lists its tasks; None if none does."""
        return self.location if isinstance(self.location, InCloudMap) else None

    @property
    def is_deployed_here(self) -> bool:
        """Whether we deploy it: we do not know the number of tasks of another team's service."""
        return self.max_tasks is not None

    @property
    def ports(self) -> tuple[PortRange, ...]:
        """The ports of its tasks that the proxy connects to: for calls first, and then for health checks."""
        port, checked = self.upstream.port, self.policy.health_check.port
        calls = self.instance_ports or PortRange(first=port, last=port)
        if checked is None or calls.first <= checked <= calls.last:
            return (calls,)
        return (calls, PortRange(first=checked, last=checked))

    @property
    def pre_stop_wait(self) -> timedelta:
        """How long a task keeps serving before its server gets SIGTERM; zero for no wait."""
        return pre_stop_wait(self.stop, self.discovery)

    @property
    def cloud_map_health(self) -> bool:
        """Whether Cloud Map's health decides which tasks are listed.

        Cloud Map shows a change of health after 30 s ("HealthCheckCustomConfig"). Where Envoy checks the
        tasks itself, it knows sooner, and Cloud Map should list every task.
        """
        return self.policy.health_check.type == "none"

    def with_defaults(self, policy: TrafficPolicy) -> "ServicePlan":
        """Return the plan with the whole policy: what the service's own does not give is as in `policy`."""
        services = self.upstream.grpc_services
        return replace(self, policy=service_policy(policy, self.policy, grpc_services=services))

    def claim(self, own_name: str) -> Claim:
        """Return which calls go to it; `own_name` leads to it alone."""
        listed, hosts = self.upstream.grpc_services, self.upstream.hosts
        return Claim(
            service=self.name,
            grpc_services=listed,
            hosts=hosts,
            own_name=own_name,
            sends_to=self.policy.sends_to,
        )

    def envoy_service(self, own_name: str | None) -> envoy_config.Service:
        """Return the settings that Envoy's bootstrap is made from; `own_name` leads to it alone."""
        by_dns = self.discovery == "dns"
        return envoy_config.Service(
            name=self.name,
            address=self.address,
            upstream=self.upstream,
            policy=self.policy,
            own_name=own_name,
            max_tasks=self.max_tasks,
            discovery=envoy_config.Discovery.DNS if by_dns else envoy_config.Discovery.EDS,
        )


def _tasks(service: ServicePlan) -> Iterator[Finding]:
    most = service.max_tasks
    if most is not None and (problem := discovery_problem(service.discovery, max_tasks=most)):
        yield ("discovery",), problem


def _instances(service: ServicePlan) -> Iterator[Finding]:
    quota, tasks = INSTANCES_OF_SERVICE, service.max_tasks
    most = quota.usable * 100 // MAX_HEALTHY_PERCENT
    if service.listed_in and tasks is not None and tasks > most:
        problem = f"{tasks} are twice as many in a deployment, and there may be {quota.most} {quota.what}"
        yield ("tasks", "max"), f"{problem}; give {most} at most, or spread them over two services"


def _zones(service: ServicePlan) -> Iterator[Finding]:
    balancing = service.policy.load_balancing
    if service.discovery == "dns" and balancing.zone_aware and "zone_aware" in balancing.model_fields_set:
        yield (
            ("policy", "load_balancing", "zone_aware"),
            "DNS does not say which zone a task is in; remove it, or give discovery: cloud_map",
        )


def _stop(service: ServicePlan) -> Iterator[Finding]:
    yield from stop_findings(service, service.stop.poll_interval)


def stop_findings(service: ServicePlan, interval: timedelta) -> Iterator[Finding]:
    """Yield why a task of `service` stops too early if Cloud Map is polled every `interval`."""
    if any(_tasks(service)):
        return
    stop, wait = service.stop, service.pre_stop_wait
    if not service.is_deployed_here:
        return
    if wait and (problem := pre_stop_wait_problem(wait, service.discovery, stop.dns_ttl, interval)):
        yield ("pre_stop_wait",), problem
    if problem := serving_problem(stop, service.discovery, interval):
        yield ("stop_timeout",), problem


def _pre_stop_image(service: ServicePlan) -> Iterator[Finding]:
    if service.stop.has_pre_stop_image and service.pre_stop_wait == NO_WAIT:
        yield ("pre_stop_image",), "has no effect with pre_stop_wait: 0s; remove one of the two"


SERVICE_RULES: tuple[Rule[ServicePlan], ...] = (
    _tasks,
    _instances,
    _zones,
    _stop,
    _pre_stop_image,
)
