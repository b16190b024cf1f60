"""Rules between several proxies in one file."""

import re
from collections.abc import Iterator

from ecs_envoy.configuration.existing.plans import own_namespace_id
from ecs_envoy.configuration.model import Configuration
from ecs_envoy.configuration.plans import proxy_task_input, servers, service_plans
from ecs_envoy.configuration.proxies.addresses import address_variable
from ecs_envoy.configuration.proxies.views import views
from ecs_envoy.plan.policy.shared_rules import shared_policy_findings
from ecs_envoy.plan.rules import Rule
from envoy_config.settings_error import Finding

_OTHER_STACKS = ("network", "services", "api")
_SERVICES_STACK = re.compile(r"services-\d+")
_ADDED_STACK = re.compile(r"(.+)-(?:monitoring(?:-\d+)?|cut-over)")


def _one_or_several(configuration: Configuration) -> Iterator[Finding]:
    if "proxy" in configuration.model_fields_set:
        yield ("proxies",), "are given together with proxy; remove proxy, or give it as one of proxies"


def _services(configuration: Configuration) -> Iterator[Finding]:
    every = [*configuration.services, *configuration.existing_services]
    owners: dict[str, str] = {}
    for name, proxy in configuration.proxies.items():
        for number, service in enumerate(proxy.services):
            here = ("proxies", name, "services", number)
            if service not in every:
                yield here, f"no service has the name {service!r}; give one of {', '.join(sorted(every))}"
            elif service in owners:
                yield here, f"{service} already belongs to the proxy {owners[service]}; remove one of the two"
            owners.setdefault(service, name)
    for service in every:
        if service not in owners:
            section = "services" if service in configuration.services else "existing_services"
            known = ", ".join(sorted(configuration.proxies))
            yield (
                (section, service),
                f"belongs to no proxy; list it in proxies.<name>.services of one of {known}",
            )


def _stacks(configuration: Configuration) -> Iterator[Finding]:
    for name in configuration.proxies:
        if name in _OTHER_STACKS or _SERVICES_STACK.fullmatch(name):
            problem = f"would name its stack as that of the {name.partition('-')[0]}"
            yield ("proxies", name), f"{problem}; give another name, such as {name}-proxy"
        if (added := _ADDED_STACK.fullmatch(name)) and added[1] in configuration.proxies:
            yield (
                ("proxies", name),
                f"would name its stack as one of the proxy {added[1]}; give another name",
            )


def _names(configuration: Configuration) -> Iterator[Finding]:
    """Find names in the namespace that two proxies would use; each proxy's own rules find the rest."""
    owners: dict[str, tuple[str, str]] = {}
    for view in views(configuration):
        for service, plan in service_plans(view):
            if (listed := plan.listed_in) and listed.namespace_id == own_namespace_id(configuration):
                owners[listed.service.lower()] = view.proxy.name, f"the service {service}"
    for view in views(configuration):
        name = view.proxy.name
        aliases = [(("aliases", number), alias) for number, alias in enumerate(view.proxy.aliases)]
        for rest, used in [((), name), *aliases]:
            proxy, owner = owners.setdefault(used, (name, f"the proxy {name}"))
            if proxy != name:
                yield (
                    ("proxies", name, *rest),
                    f"{used!r} is also the name of {owner} in the namespace; give another name",
                )


def _address_variables(configuration: Configuration) -> Iterator[Finding]:
    for path, server in servers(configuration).items():
        if "proxy_address_variable" in server.model_fields_set:
            problem = "is for a file with one proxy; give proxies.<name>.address_variable instead"
            yield (*path, "proxy_address_variable"), problem
    owners: dict[str, str] = {}
    for view in views(configuration):
        name, variable = view.proxy.name, address_variable(view)
        if (first := owners.setdefault(variable, name)) != name:
            yield (
                ("proxies", name, "address_variable"),
                f"{variable} already holds the address of {first}; give another variable",
            )


def _policy(configuration: Configuration) -> Iterator[Finding]:
    yield from shared_policy_findings([proxy_task_input(view) for view in views(configuration)])


PROXIES_RULES: tuple[Rule[Configuration], ...] = (
    _one_or_several,
    _services,
    _stacks,
    _names,
    _address_variables,
    _policy,
)
