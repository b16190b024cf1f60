"""Rules for a proxy's task, its names, its routes and its services."""

from collections.abc import Iterator

from ecs_envoy.plan.names_in_namespace import DNS_NAME, own_name_in_namespace
from ecs_envoy.plan.policy.rules import policy_findings
from ecs_envoy.plan.proxy_task import ProxyTaskInput
from ecs_envoy.plan.reach.service_location import AtAddress
from ecs_envoy.plan.rules import Rule
from ecs_envoy.plan.service_plan import stop_findings
from ecs_envoy.plan.sidecars import envoy_memory_mib, memory_problem, port_problems
from ecs_envoy.plan.stop.proxy_stop import drain_problem
from ecs_envoy.settings.fargate_sizes import size_problem
from ecs_envoy.settings.task.capacity import capacity_findings
from ecs_envoy.settings.tasks import bounds_problem
from envoy_config.model import MAX_CONNECTIONS_PER_MIB
from envoy_config.routing import routing_problems
from envoy_config.settings_error import Finding


def _port(task: ProxyTaskInput) -> Iterator[Finding]:
    yield from port_problems(task.port, task.further_ports, task.telemetry, task.sidecars)


def _size(task: ProxyTaskInput) -> Iterator[Finding]:
    if problem := size_problem(task.cpu, task.memory_mib):
        yield ("memory",), problem


def _memory(task: ProxyTaskInput) -> Iterator[Finding]:
    if problem := memory_problem(task.memory_mib, task.sidecars):
        yield ("memory",), problem


def _bounds(task: ProxyTaskInput) -> Iterator[Finding]:
    if problem := bounds_problem(task.min_tasks, task.max_tasks):
        yield ("tasks", "max"), problem


def _connections(task: ProxyTaskInput) -> Iterator[Finding]:
    most = MAX_CONNECTIONS_PER_MIB * max(envoy_memory_mib(task.memory_mib, task.sidecars), 0)
    if task.max_connections is not None and task.max_connections > most:
        problem = f"{task.max_connections} connections do not fit Envoy's memory"
        yield ("max_connections",), f"{problem}; give {most} at most, or more memory"


def _drain(task: ProxyTaskInput) -> Iterator[Finding]:
    if problem := drain_problem(task.stop):
        yield ("drain",), problem


def _names(task: ProxyTaskInput) -> Iterator[Finding]:
    taken = {task.name: "the proxy"}
    for service in task.services:
        listed = service.listed_in
        if listed is None or listed.namespace_id != task.namespace_id:
            continue
        if listed.service.lower() == task.name:
            yield ("services", service.name), f"has the proxy's name, {task.name!r}; give each its own name"
        else:
            taken[listed.service.lower()] = f"the service {service.name}"
    for index, alias in enumerate(task.aliases):
        if alias in taken:
            yield ("aliases", index), f"{alias!r} is the name of {taken[alias]}; give another name"
        taken.setdefault(alias, "another alias")


def _hosts(task: ProxyTaskInput) -> Iterator[Finding]:
    taken = {
        listed.service.lower(): service.name
        for service in task.services
        if (listed := service.listed_in) and listed.namespace_id == task.namespace_id
    }
    for service in task.services:
        here, name = ("services", service.name), task.own_name(service)
        if len(name) > DNS_NAME:
            yield (
                here,
                f"{name} has {len(name)} characters, and DNS allows {DNS_NAME}; shorten one of its names",
            )
        owner = taken.get(own_name_in_namespace(service.name, proxy=task.name))
        if owner is not None:
            yield here, f"{name}, its own name at the proxy, is the Cloud Map name of {owner}; rename it"
        for index, host in enumerate(service.upstream.hosts):
            if host == task.full_name:
                yield (
                    (*here, "hosts", index),
                    f"{host} is the proxy's own name, by which clients reach every service; remove it",
                )


def _circle(task: ProxyTaskInput) -> Iterator[Finding]:
    own = {f"{alias}.{task.namespace}": "an alias of the proxy" for alias in task.aliases}
    own |= {task.own_name(service): f"the name of {service.name} at the proxy" for service in task.services}
    own[task.full_name] = "the proxy's own name"
    for service in task.services:
        where = service.location
        if isinstance(where, AtAddress) and (whose := own.get(where.host.lower())):
            problem = f"{where.host} is {whose}, so that it would call itself"
            cure = "give a name that leads to the tasks"
            yield ("services", service.name, "address"), f"{problem}; {cure}"


def _routing(task: ProxyTaskInput) -> Iterator[Finding]:
    claims = [service.claim(task.own_name(service)) for service in task.services]
    for name, path, message in routing_problems(claims):
        yield ("services", *([name] if name else []), *path), message


def _stops(task: ProxyTaskInput) -> Iterator[Finding]:
    for service in task.services:
        # Otherwise the service's own rules have found it.
        if service.discovery == "cloud_map" and service.stop.poll_interval != task.discovery_interval:
            for path, message in stop_findings(service, task.discovery_interval):
                yield ("services", service.name, *path), message


def _capacity(task: ProxyTaskInput) -> Iterator[Finding]:
    for path, problem in capacity_findings(task.options.capacity_providers):
        yield ("capacity_providers", *path), problem


PROXY_RULES: tuple[Rule[ProxyTaskInput], ...] = (
    _port,
    _size,
    _memory,
    _bounds,
    _connections,
    _drain,
    _names,
    _hosts,
    _circle,
    _routing,
    _stops,
    _capacity,
    policy_findings,
)
