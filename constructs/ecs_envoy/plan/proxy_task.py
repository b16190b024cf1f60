"""The plan of a proxy's task: the settings that each of its containers is deployed with."""

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from ecs_envoy.plan.collector_settings import CollectorSettings
from ecs_envoy.plan.discovery_settings import FollowedService, discovery_settings, followed_services
from ecs_envoy.plan.envoy_command import envoy_command
from ecs_envoy.plan.names_in_namespace import own_name_in_namespace
from ecs_envoy.plan.proxy.check_load import check_load
from ecs_envoy.plan.proxy_telemetry import ProxyTelemetry
from ecs_envoy.plan.reach.service_location import AtAddress, InCloudMap, InEcs
from ecs_envoy.plan.service_plan import ServicePlan
from ecs_envoy.plan.sidecars import Sidecar, envoy_memory_mib, sidecars
from ecs_envoy.plan.stop.proxy_stop import ProxyStop
from ecs_envoy.settings.reach.port_range import PortRange
from ecs_envoy.settings.task.options import TaskOptions
from envoy_config import Proxy, TrafficPolicy
from envoy_config.bootstrap import bootstrap
from envoy_config.eds import by_stream
from envoy_config.policy.fault import FaultInjection
from envoy_config.rendering import to_json


@dataclass(frozen=True, kw_only=True)
class ProxyTaskInput:
    """The input from which the plan of a proxy's task is computed.

    Attributes:
        environment: The name of the environment or of the stack, so that two of them in an account do not
            meet in CloudWatch.
        name: The proxy's name in `namespace`, which is also Envoy's name.
        namespace: The name of the Cloud Map namespace that lists the proxy's tasks.
        namespace_id: Its id.
        region: The AWS region.
        aliases: Further names in `namespace` that lead to the proxy.
        port: The TCP port that clients dial.
        further_ports: Further TCP ports that clients may dial.
        cpu: CPU units of the task.
        memory_mib: Memory of the task in MiB.
        min_tasks: The fewest tasks.
        max_tasks: The most tasks.
        max_connections: Connections of clients that one task holds; None for a number that fits its memory.
        services: The services that it routes to.
        policy: How it treats calls where the policy of a service does not say it.
        shares_policy: Whether this policy is that of other proxies, too: it may be for their services.
        fault_injection: Whether a policy may have a `fault`; not in production.
        telemetry: The proxy's telemetry.
        discovery_interval: The time between two polls of a service by the discovery sidecar.
        discovery_events: Whether ECS's events set the pace of these polls.
        stop: How the task stops.
        options: How the task runs on Fargate.

    """

    environment: str
    name: str
    namespace: str
    namespace_id: str
    region: str
    aliases: Sequence[str]
    port: int
    further_ports: Sequence[int]
    cpu: int
    memory_mib: int
    min_tasks: int
    max_tasks: int
    max_connections: int | None
    services: Sequence[ServicePlan]
    telemetry: ProxyTelemetry
    discovery_interval: timedelta
    discovery_events: bool
    stop: ProxyStop
    options: TaskOptions = field(default_factory=TaskOptions)
    policy: TrafficPolicy = field(default_factory=TrafficPolicy)
    shares_policy: bool = False
    fault_injection: FaultInjection = "allowed"

    @property
    def full_name(self) -> str:
        """The DNS name that clients dial."""
        return f"{self.name}.{self.namespace}"

    @functools.cached_property
    def whole_services(self) -> list[ServicePlan]:
        """The services, each with its whole policy."""
        return [service.with_defaults(self.policy) for service in self.services]

    def own_name(self, service: ServicePlan) -> str:
        """Return the DNS name by which clients reach `service` alone, whatever proto service they call."""
        # A name that is known only at deployment would keep the bootstrap from being packed. Envoy takes
        # `lessons.grpc.*` for every name that begins so (VirtualHost: domains).
        namespace = "*" if "${" in self.namespace else self.namespace
        return f"{own_name_in_namespace(service.name, proxy=self.name)}.{namespace}"

    @property
    def metrics_name(self) -> str:
        """The proxy's name in metrics and saved queries, `<environment>/<name>.<namespace>`.

        Two environments in an account and region may have the same name and namespace, in two VPCs.
        """
        return f"{self.environment}/{self.full_name}"

    @property
    def followed(self) -> list[FollowedService]:
        """The services that the discovery sidecar discovers; empty if DNS is used for every service."""
        return followed_services(self.whole_services, namespace=self.namespace_id)

    @property
    def sidecars(self) -> tuple[Sidecar, ...]:
        """The sidecars, in a fixed order."""
        return sidecars(self.telemetry, discovery=bool(self.followed))


@dataclass(frozen=True, kw_only=True)
class ProxyTask:
    """The settings that the containers of a proxy's task are deployed with.

    Attributes:
        sidecars: The sidecars, in a fixed order.
        bootstrap: Envoy's bootstrap as JSON.
        command: Envoy's arguments, which contain the whole bootstrap.
        discovery: The discovery sidecar's settings as JSON; None if it does not run.
        collector: The collector's settings; None if it does not run.
        ports: The ports of each service that the proxy connects to, in the order of the services.
        discovered: The services that the discovery sidecar queries, by where they are listed.
        hears_events: Whether the discovery sidecar hears ECS's events.
        sidecars_talk: Whether the sidecars of the proxy tell each other how many calls arrive in which zone,
            or which service changes.

    """

    sidecars: tuple[Sidecar, ...]
    bootstrap: str
    command: list[str]
    discovery: str | None
    collector: CollectorSettings | None
    ports: tuple[tuple[PortRange, ...], ...]
    discovered: tuple[InCloudMap | InEcs, ...]
    hears_events: bool
    sidecars_talk: bool

    @property
    def logs_to_datadog(self) -> bool:
        """Whether Datadog's log router gets Envoy's log."""
        return "datadog-log-router" in self.sidecars


def plan_proxy_task(task: ProxyTaskInput) -> ProxyTask:
    """Return the settings that the containers of `task` are deployed with.

    Raises:
        RoutingError: There is no service to route to, or two services claim the same calls.
        BootstrapTooLargeError: The bootstrap does not fit the task definition, not even packed.

    """
    hears_events = bool(task.followed) and task.discovery_events
    sidecars_talk = hears_events or any(service.zone_aware for service in task.followed)
    found = [service.location for service in task.services if service.discovery == "cloud_map"]
    if sidecars_talk:  # so the sidecar also looks for the other tasks of the proxy
        found.append(InCloudMap(service=task.name, namespace=task.namespace, namespace_id=task.namespace_id))
    proxy = _envoy(task)
    services = [service.envoy_service(task.own_name(service)) for service in task.whole_services]
    text = to_json(bootstrap(proxy, services))
    discovery = _discovery(task, stream=by_stream(services)) if task.followed else None
    collector = _collector(task) if "collector" in task.sidecars else None
    sidecar_settings = [text for text in (discovery, collector and collector.to_json()) if text]
    return ProxyTask(
        sidecars=task.sidecars,
        bootstrap=text,
        command=envoy_command(text, cpu=task.cpu, sidecar_settings=sidecar_settings),
        discovery=discovery,
        collector=collector,
        ports=tuple(service.ports for service in task.whole_services),
        discovered=tuple(location for location in found if not isinstance(location, AtAddress)),
        hears_events=hears_events,
        sidecars_talk=sidecars_talk,
    )


def health_check_load(task: ProxyTaskInput) -> Iterator[str]:
    """Yield how many health checks each Envoy of `task` makes, and which services it checks less often."""
    services = [service.envoy_service(task.own_name(service)) for service in task.whole_services]
    return check_load(_envoy(task), services)


def _envoy(task: ProxyTaskInput) -> Proxy:
    return Proxy(
        name=task.name,
        cpu=task.cpu,
        memory_mib=envoy_memory_mib(task.memory_mib, task.sidecars),
        max_connections=task.max_connections,
        port=task.port,
        further_ports=tuple(task.further_ports),
        access_log=task.telemetry.access_log,
        metrics=task.telemetry.envoy_metrics,
        tracing=task.telemetry.tracing,
    )


def _discovery(task: ProxyTaskInput, *, stream: bool) -> str:
    return discovery_settings(
        namespace=task.namespace_id,
        proxy=task.name,
        services=task.followed,
        interval=task.discovery_interval,
        stream=stream,
    )


def _collector(task: ProxyTaskInput) -> CollectorSettings:
    return CollectorSettings(
        proxy=task.metrics_name,
        region=task.region,
        discovery=bool(task.followed),
        cloudwatch_log_group=task.telemetry.cloudwatch_log_group,
        remote_write_url=task.telemetry.remote_write_url,
        tracing=task.telemetry.tracing is not None,
    )
