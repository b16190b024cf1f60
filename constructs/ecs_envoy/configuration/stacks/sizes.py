"""How full the stacks of a configuration are, and what passes a limit of AWS."""

from collections.abc import Iterable, Iterator

from ecs_envoy.configuration.model import Configuration
from ecs_envoy.configuration.plans import proxy_clients
from ecs_envoy.configuration.proxies.views import is_routed, stack_name, views
from ecs_envoy.configuration.server import Service
from ecs_envoy.configuration.stacks.numbers import (
    defined_monitoring_stacks,
    defined_stacks,
    monitored_services,
    monitoring_stack_name,
    stack_of,
    used_monitoring_stacks,
    used_stacks,
)
from ecs_envoy.plan.limits.monitoring_sizes import MonitoringSize
from ecs_envoy.plan.limits.quotas import FILTER_PATTERN_CHARACTERS, RULES
from ecs_envoy.plan.limits.service_stacks import services_stack_name
from ecs_envoy.plan.limits.stack_sizes import (
    ServiceSize,
    StackSize,
    proxy_resources,
)
from ecs_envoy.plan.limits.templates import Excess
from ecs_envoy.settings.reach.proxy_client import is_security_group
from envoy_config.settings_error import Finding, KeyPath

_MORE_STACKS = (
    "give services that are new `stack` with the number of another stack, or give service_stacks before the "
    "first deployment; no service can move without an outage"
)
_MORE_PROXIES = "spread the services over several proxies (proxies), each of which has stacks of its own"
_SMALLER = "give less text or fewer entries there"


def stack_sizes(configuration: Configuration) -> list[StackSize]:
    """Return how many resources the stacks that grow with the services have, at most."""
    environment = configuration.environment
    sizes = [
        _services_stack(configuration, services_stack_name(environment, number), number)
        for number in used_stacks(configuration)
    ]
    for view in views(configuration):
        routed = [name for name in _every(view) if is_routed(view, name)]
        ports = 1 + len(view.proxy.further_ports)
        size = proxy_resources(
            services=len(routed),
            aliases=len(view.proxy.aliases),
            client_rules=ports * sum(map(is_security_group, view.proxy.clients)),
        )
        sizes.append(StackSize(name=stack_name(view), resources=size, services=len(routed)))
        sizes += _monitoring_stacks(view)
    return sizes


def size_findings(configuration: Configuration) -> list[Finding]:
    """Return the key to change for each stack that is too full by the estimate, and the cure."""
    return [
        (_key(configuration, size.name), f"{size}; {_cure(configuration, size.name)}")
        for size in stack_sizes(configuration)
        if size.too_full
    ]


def template_findings(configuration: Configuration, found: Iterable[Excess]) -> list[Finding]:
    """Return the key to change for each limit that the templates of `configuration` pass, and the cure."""
    return [
        (
            _resource_key(configuration, excess) or _key(configuration, excess.stack),
            f"{excess}; {_excess_cure(configuration, excess)}",
        )
        for excess in found
    ]


def _every(configuration: Configuration) -> list[str]:
    return [*configuration.services, *configuration.existing_services]


def _services_stack(configuration: Configuration, name: str, number: int) -> StackSize:
    here = [service for service in _every(configuration) if stack_of(configuration, service) == number]
    existing = [service for service in here if service in configuration.existing_services]
    deployed = [service for service in here if service not in configuration.existing_services]
    # The proxy's rule into the group of an existing service, and that group's own.
    resources = 2 * len(existing) + sum(_resources(configuration, name) for name in deployed)
    return StackSize(name=name, resources=resources, services=len(here))


def _resources(configuration: Configuration, name: str) -> int:
    service = configuration.services[name]
    called = [view for view in views(configuration) if name in proxy_clients(view)]
    return ServiceSize(
        metrics=_metrics(service),
        own_rights=bool(service.task_policy or service.enable_execute_command or service.volumes),
        dialled_ports=sum(1 + len(view.proxy.further_ports) for view in called),
        guarded_volumes=sum(volume.security_group is not None for volume in service.volumes.values()),
    ).resources


def _metrics(service: Service) -> int:
    tasks = service.tasks
    if tasks.min == tasks.max:
        return 0
    return 1 + (tasks.memory_percent is not None) + (tasks.calls_per_second is not None)


def _monitoring_stacks(view: Configuration) -> Iterator[StackSize]:
    settings = view.telemetry.cloudwatch
    if settings is None:
        return
    several = len(defined_monitoring_stacks(view)) > 1
    for number in used_monitoring_stacks(view):
        services = monitored_services(view, number)
        size = MonitoringSize(
            services=services,
            environment=view.environment,
            proxy=view.proxy.name,
            namespace=view.namespace.name,
            runbooks=settings.runbooks,
            tags=view.tags,
            one_of_several=several,
        )
        yield StackSize(
            name=monitoring_stack_name(view, number),
            resources=size.resources,
            services=len(services),
            template_bytes=size.template_bytes,
        )


def _services_stacks(configuration: Configuration) -> Iterator[str]:
    for number in defined_stacks(configuration):
        yield services_stack_name(configuration.environment, number)


def _resource_key(configuration: Configuration, excess: Excess) -> KeyPath | None:
    """Return the key of what has the resource; the CDK begins the ids of a service's with its letters."""
    if not excess.resource or not _is_spread(configuration, excess.stack):
        return None
    if excess.stack not in _services_stacks(configuration):
        return "telemetry", "cloudwatch"
    owners = [name for name in configuration.services if excess.resource.startswith(name.replace("-", ""))]
    return ("services", max(owners, key=len)) if owners else None


def _key(configuration: Configuration, stack: str) -> KeyPath:
    """Return the key that decides what is in `stack`."""
    if _is_spread(configuration, stack):
        return ("service_stacks",)
    for view in views(configuration):
        if stack in (stack_name(view), stack_name(view, "cut-over")):
            return ("proxies", view.proxy.name) if view.proxies else ("proxy",)
    return ("api",) if stack == f"{configuration.environment}-api" else ("network",)


def _excess_cure(configuration: Configuration, excess: Excess) -> str:
    if excess.quota is FILTER_PATTERN_CHARACTERS:
        return "name fewer streaming_methods, or give services that have some a proxy of their own (proxies)"
    if excess.quota is RULES:
        return "give blocks, prefix lists or security groups that hold several of those that need a rule"
    if excess.resource and not _is_monitoring(configuration, excess.stack):
        return _SMALLER
    return _cure(configuration, excess.stack)


def _cure(configuration: Configuration, stack: str) -> str:
    return _MORE_STACKS if _is_spread(configuration, stack) else _MORE_PROXIES


def _is_spread(configuration: Configuration, stack: str) -> bool:
    """Return whether `stack` is one of those that services are spread over."""
    return stack in _services_stacks(configuration) or _is_monitoring(configuration, stack)


def _is_monitoring(configuration: Configuration, stack: str) -> bool:
    return any(
        stack == monitoring_stack_name(view, number)
        for view in views(configuration)
        for number in defined_monitoring_stacks(view)
    )
