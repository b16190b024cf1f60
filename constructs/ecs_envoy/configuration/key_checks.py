"""Rules between keys that only a configuration file can break."""

from collections.abc import Iterator, Mapping
from typing import Any

from ecs_envoy.configuration.existing.network_checks import NETWORK_KEY_RULES
from ecs_envoy.configuration.model import Configuration
from ecs_envoy.configuration.plans import servers
from ecs_envoy.configuration.proxies.addresses import address_variables
from ecs_envoy.plan.rules import Rule
from ecs_envoy.settings.ecr_image import NO_LOGIN, is_in_ecr
from ecs_envoy.settings.network.api_access import access_findings
from ecs_envoy.settings.reach.proxy_client import is_service
from ecs_envoy.settings.task.tags import MAX_TAGS, TOO_MANY, twin
from ecs_envoy.settings.tasks import TaskBounds
from envoy_config.settings_error import Finding, KeyPath


def _names(configuration: Configuration) -> Iterator[Finding]:
    for name in configuration.existing_services:
        if name in configuration.services:
            yield ("existing_services", name), "is also a name under services; give each its own name"


def _some_proxy(configuration: Configuration) -> Iterator[Finding]:
    if "proxies" in configuration.model_fields_set and not configuration.proxies:
        cure = "give a proxy, or remove it to have the one that proxy describes"
        yield ("proxies",), f"is empty; {cure}"


def _proxy_address(configuration: Configuration) -> Iterator[Finding]:
    cure = "address_variable of that proxy" if configuration.proxies else "proxy_address_variable"
    for path, server in servers(configuration).items():
        for variable in address_variables(configuration, path):
            for key, variables in (("environment", server.environment), ("secrets", server.secrets)):
                if variable in variables:
                    problem = f"is set to the proxy's address; remove it, or give another {cure}"
                    yield (*path, key, variable), problem


def _variable_of_no_client(configuration: Configuration) -> Iterator[Finding]:
    for name, service in configuration.services.items():
        is_client = service.calls or name in configuration.proxy.clients
        if service.proxy_address_variable and not is_client and not configuration.proxies:
            yield (
                ("services", name, "proxy_address_variable"),
                "holds the address of a proxy that it may not call; also give calls, the services it calls",
            )


def _calls(configuration: Configuration) -> Iterator[Finding]:
    names = {**configuration.services, **configuration.existing_services}
    for path, server in servers(configuration).items():
        for number, name in enumerate(server.calls or []):
            if name not in names:
                yield (
                    (*path, "calls", number),
                    f"no service has the name {name!r}; give one of {', '.join(sorted(names))}",
                )


def _clients(configuration: Configuration) -> Iterator[Finding]:
    clients, services = configuration.proxy.clients, configuration.services
    for number, client in enumerate(clients):
        path = ("proxy", "clients", number)
        if client in clients[:number]:
            yield path, f"{client!r} is given twice; remove one of them"
        elif is_service(client) and client in configuration.existing_services:
            yield path, f"{client!r} is a service that exists; give its security group instead (sg-...)"
        elif is_service(client) and client not in services:
            known = f"one of {', '.join(sorted(services))}, or " if services else ""
            cure = f"give {known}a security group (sg-...), an IPv4 block or a prefix list (pl-...)"
            yield path, f"no service under services has the name {client!r}; {cure}"


def _api_access(configuration: Configuration) -> Iterator[Finding]:
    api = configuration.api
    if api:
        for path, problem in access_findings(api, has_certificate=api.certificate is not None):
            yield ("api", *path), problem


def _calls_per_second(configuration: Configuration) -> Iterator[Finding]:
    for name, service in configuration.services.items():
        here, tasks = ("services", name, "tasks"), service.tasks
        if tasks.calls_per_second is not None and not configuration.telemetry.cloudwatch:
            problem = "are counted by Envoy and read from CloudWatch; also give telemetry.cloudwatch"
            yield (*here, "calls_per_second"), problem


def _tags(configuration: Configuration) -> Iterator[Finding]:
    blocks: dict[KeyPath, Mapping[str, str]] = {("proxy", "tags"): configuration.proxy.tags}
    blocks |= {(*path, "tags"): server.tags for path, server in servers(configuration).items()}
    everywhere = configuration.tags
    for path, tags in blocks.items():
        for key in tags:
            if other := twin(key, everywhere):
                problem = f"differs from {other!r} under the file's tags only by its capitals"
                yield (*path, key), f"{problem}, and both are one key for an IAM role; give one of them"
        if tags and (number := len({**everywhere, **tags})) > MAX_TAGS:
            yield path, f"are {number} with those of the file, {TOO_MANY}; give fewer"


def _overrides(configuration: Configuration) -> Iterator[Finding]:
    """Yield the places that a file cannot override, because it makes nothing there."""
    proxy, network = configuration.proxy, configuration.network
    blocks: dict[KeyPath, tuple[Mapping[Any, object], TaskBounds, Mapping[str, str | None]]] = {
        ("proxy",): (proxy.overrides, proxy.tasks, {"execution_role": proxy.execution_role})
    }
    for path, server in servers(configuration).items():
        roles = {"task_role": server.task_role, "execution_role": server.execution_role}
        blocks[path] = (server.overrides, server.tasks, roles)
    for path, (overrides, tasks, roles) in blocks.items():
        here = (*path, "overrides")
        if "scaling_target" in overrides and tasks.min == tasks.max:
            problem = "is not there, because tasks is a number; remove it, or give tasks a min and a max"
            yield (*here, "scaling_target"), problem
        for role in roles.keys() & overrides.keys():
            if roles[role]:
                yield (*here, role), "is a role that exists; remove it"
    if "metrics_log_group" in proxy.overrides and not configuration.telemetry.cloudwatch:
        problem = "is not there without telemetry.cloudwatch; remove it"
        yield ("proxy", "overrides", "metrics_log_group"), problem
    exists = {
        "vpc": network.exists,
        "ecs_cluster": network.ecs_cluster is not None,
        "namespace": configuration.namespace.id is not None,
    }
    for place in network.overrides:
        if exists[place]:
            yield ("network", "overrides", place), "exists already; remove it"


def _login(configuration: Configuration) -> Iterator[Finding]:
    for path, server in servers(configuration).items():
        if server.repository_credentials and is_in_ecr(server.image):
            yield (*path, "repository_credentials"), NO_LOGIN


def _rehearsal(configuration: Configuration) -> Iterator[Finding]:
    services = {**configuration.existing_services, **configuration.services}
    for name, rehearsed in configuration.rehearsal.services.items():
        path = ("rehearsal", "services", name)
        if name == "api" and configuration.api:
            continue
        if name not in services:
            yield path, f"no service has this name; give one of {', '.join(sorted([*services, 'api']))}"
        elif not rehearsed.methods:
            yield path, "methods: missing; give the unary methods to call, each with an empty request"


def _topic_key(configuration: Configuration) -> Iterator[Finding]:
    cloudwatch = configuration.telemetry.cloudwatch
    if cloudwatch and cloudwatch.topic and cloudwatch.topic_kms_key:
        problem = "encrypts a new topic only; remove one of the two"
        yield ("telemetry", "cloudwatch", "topic_kms_key"), problem


def _prometheus(configuration: Configuration) -> Iterator[Finding]:
    prometheus = configuration.telemetry.prometheus
    if prometheus and not prometheus.workspace and not prometheus.scraped_from:
        yield (
            ("telemetry", "prometheus"),
            "gets no metrics; give workspace: new or an ARN, or scraped_from",
        )


def _proxy_scaling(configuration: Configuration) -> Iterator[Finding]:
    tasks, cloudwatch = configuration.proxy.tasks, configuration.telemetry.cloudwatch
    here = ("proxy", "tasks", "cpu_percent")
    if tasks.min == tasks.max:
        return
    if cloudwatch and tasks.cpu_percent >= cloudwatch.alarms.proxy_cpu_percent:
        alarm = cloudwatch.alarms.proxy_cpu_percent
        problem = (
            f"{tasks.cpu_percent} is not below the alarm's proxy_cpu_percent, {alarm}, which would go off"
        )
        yield here, f"{problem} before there are more tasks; give less"


def _scaling_without_bounds(configuration: Configuration) -> Iterator[Finding]:
    blocks: dict[KeyPath, TaskBounds] = {("proxy", "tasks"): configuration.proxy.tasks}
    blocks |= {("services", name, "tasks"): s.tasks for name, s in configuration.services.items()}
    if configuration.api:
        blocks["api", "tasks"] = configuration.api.tasks
    for path, tasks in blocks.items():
        for key in sorted(tasks.model_fields_set - {"min", "max"}) if tasks.min == tasks.max else ():
            yield (*path, key), "has no effect, because min is max; remove it, or give a larger max"


KEY_RULES: tuple[Rule[Configuration], ...] = (
    _names,
    _some_proxy,
    *NETWORK_KEY_RULES,
    _proxy_address,
    _variable_of_no_client,
    _calls,
    _clients,
    _api_access,
    _calls_per_second,
    _tags,
    _overrides,
    _login,
    _rehearsal,
    _prometheus,
    _proxy_scaling,
    _scaling_without_bounds,
    _topic_key,
)
