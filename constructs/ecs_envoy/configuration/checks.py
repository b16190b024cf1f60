"""Applies the rules between keys to the typed blocks of a configuration."""

from collections.abc import Callable, Iterator
from typing import TypeVar

from pydantic import ValidationError

from ecs_envoy.configuration import plans
from ecs_envoy.configuration.existing.plans import existing_entry
from ecs_envoy.configuration.existing.rules import BETWEEN_EXISTING_RULES
from ecs_envoy.configuration.key_checks import KEY_RULES
from ecs_envoy.configuration.model import Configuration
from ecs_envoy.configuration.parsed import read_partly
from ecs_envoy.configuration.proxies.rules import PROXIES_RULES
from ecs_envoy.configuration.proxies.views import in_file, views
from ecs_envoy.configuration.region_checks import REGION_RULES
from ecs_envoy.plan.cut_over import CUT_OVER_RULES
from ecs_envoy.plan.network_plan import NETWORK_RULES
from ecs_envoy.plan.proxy.rules import PROXY_RULES
from ecs_envoy.plan.reach.proxy_access import ACCESS_RULES
from ecs_envoy.plan.reach.service_location import EXISTING_RULES
from ecs_envoy.plan.rules import Rule
from ecs_envoy.plan.server_task import SERVER_RULES
from ecs_envoy.plan.service_plan import SERVICE_RULES
from ecs_envoy.settings.tasks import TaskSize
from envoy_config.settings_error import Finding, KeyPath, problems

_Subject = TypeVar("_Subject")


def check(values: dict[str, object]) -> tuple[Configuration | None, list[Finding]]:
    """Return the configuration in `values`, or None if it has mistakes; and each mistake with its path."""
    findings: list[Finding] = []
    try:
        configuration = Configuration.model_validate(values)
    except ValidationError as error:
        findings += problems(error, Configuration)
        configuration = read_partly(Configuration, values)
    findings += _rule_findings(configuration, complete=not findings)
    return (None if findings else configuration), findings


def _rule_findings(configuration: Configuration, *, complete: bool) -> list[Finding]:
    """Return what the rules find; what they find for several proxies alike is there once."""
    if not vars(configuration).get("proxies"):  # not given, or not readable
        return list(_Checks(configuration, complete=complete).findings())
    several = _Checks(configuration, complete=complete).between_proxies()
    found = [
        in_file(view, finding)
        for view in views(configuration)
        for finding in _Checks(view, complete=complete).findings()
    ]
    return list(dict.fromkeys([*several, *found]))


class _Checks:
    """Applies every rule to a configuration.

    Args:
        configuration: The configuration, or the part of it that could be read.
        complete: Whether all of it could be read. If not, rules that need the missing part find nothing.

    """

    def __init__(self, configuration: Configuration, *, complete: bool) -> None:
        self._configuration = configuration
        self._complete = complete

    def findings(self) -> Iterator[Finding]:
        """Yield what each broken rule finds, with the path of a key."""
        existing = list(self._run(self._existing))
        yield from existing
        # A service whose place is not known has no plan.
        self._complete = self._complete and not existing
        for rules in (KEY_RULES, BETWEEN_EXISTING_RULES, REGION_RULES):
            yield from self._apply(rules, self._configuration)
        network = plans.network_plan(self._configuration)
        for path, message in self._apply(NETWORK_RULES, network):
            yield self._network_key(path), message
        yield from self._run(self._access)
        for path, message in self._apply(PROXY_RULES, plans.proxy_task_input(self._configuration)):
            yield self._proxy_key(path), message
        yield from self._run(self._services)
        yield from self._run(self._servers)
        yield from self._run(self._cut_overs)

    def between_proxies(self) -> Iterator[Finding]:
        """Yield what the rules between several proxies find in the whole file."""
        yield from self._apply(PROXIES_RULES, self._configuration)

    def _access(self, configuration: Configuration) -> Iterator[Finding]:
        for path, message in self._apply(ACCESS_RULES, plans.proxy_access(configuration)):
            yield (("existing_services",) if path == ("services",) else ("proxy", *path)), message

    def _existing(self, configuration: Configuration) -> Iterator[Finding]:
        for name, service in configuration.existing_services.items():
            for path, message in self._apply(EXISTING_RULES, existing_entry(configuration, service)):
                yield ("existing_services", name, *path), message

    def _services(self, configuration: Configuration) -> Iterator[Finding]:
        for name, service in plans.service_plans(configuration):
            for path, message in self._apply(SERVICE_RULES, service):
                yield (_section(configuration, name), name, *path), message

    def _servers(self, configuration: Configuration) -> Iterator[Finding]:
        for here, server in plans.servers(configuration).items():
            for path, message in self._apply(SERVER_RULES, plans.server_task(configuration, server)):
                yield (*here, *_size_key(path, server)), message

    def _cut_overs(self, configuration: Configuration) -> Iterator[Finding]:
        for name, plan in plans.cut_over_plans(configuration):
            for path, message in self._apply(CUT_OVER_RULES, plan):
                key = "from" if path == ("load_balancer",) else path[0]
                yield (_section(configuration, name), name, "cut_over", key), message

    def _network_key(self, path: KeyPath) -> KeyPath:
        """Return the path of the key that `path`, a path in `NetworkPlan`, stands for."""
        if path == ("vpc",) and vars(self._configuration.network).get("vpc"):
            return ("network", "vpc")
        return _NETWORK_KEYS[str(path[0])] + path[1:]

    def _proxy_key(self, path: KeyPath) -> KeyPath:
        """Return the path of the key that `path`, a path in `ProxyTaskInput`, stands for."""
        if path[0] == "policy":
            return path
        if path[0] != "services":
            return ("proxy", *_size_key(path, self._configuration.proxy))
        if len(path) == 1:
            return path
        section = _section(self._configuration, str(path[1]))
        if len(path) > 3 and path[2] == "hosts":
            service = getattr(self._configuration, section)[path[1]]
            if path[3] == len(service.hosts):
                return (section, path[1], "cut_over", "name")  # it is a host without being listed
        return (section, *path[1:])

    def _apply(self, rules: tuple[Rule[_Subject], ...], subject: _Subject) -> Iterator[Finding]:
        for rule in rules:
            yield from self._run(rule, subject)

    def _run(
        self, rule: Callable[..., Iterator[Finding]], subject: object | None = None
    ) -> Iterator[Finding]:
        try:
            yield from rule(self._configuration if subject is None else subject)
        except AttributeError:
            if self._complete:
                raise


_NETWORK_KEYS: dict[str, KeyPath] = {
    "ecs_cluster_name": ("network", "ecs_cluster"),
    "vpc": ("network", "vpc_id"),
    "availability_zones": ("network", "new", "availability_zones"),
    "nat_gateways": ("network", "new", "nat_gateways"),
}
"""The keys of the YAML file for the arguments of the construct `Network`."""


def _size_key(path: KeyPath, size: TaskSize) -> KeyPath:
    """Return the path to report for a wrong size: `cpu` if the file gives `cpu` and no `memory`."""
    given = size.model_fields_set
    return ("cpu",) if path == ("memory",) and "cpu" in given and "memory" not in given else path


def _section(configuration: Configuration, name: str) -> str:
    return "services" if name in configuration.__dict__.get("services", ()) else "existing_services"
