"""What is allowed in a configuration, and is probably not what was meant."""

from collections.abc import Iterator

from ecs_envoy.configuration.model import Configuration
from ecs_envoy.configuration.plans import hears_events, proxy_clients, proxy_task_input
from ecs_envoy.configuration.proxies.views import in_file, views
from ecs_envoy.plan.policy.rules import policy_warnings
from ecs_envoy.plan.reach.proxy_access import NOBODY
from ecs_envoy.plan.rules import Rule, rule_findings
from ecs_envoy.settings.task.capacity import spot_warnings
from envoy_config.settings_error import Finding


def warnings(configuration: Configuration) -> list[Finding]:
    """Return the path of each key that is probably wrong, with the cure."""
    return [
        in_file(view, finding) for view in views(configuration) for finding in rule_findings(_WARNINGS, view)
    ]


def _nobody_may_call(configuration: Configuration) -> Iterator[Finding]:
    if not proxy_clients(configuration):
        yield ("proxy", "clients"), NOBODY


def _proxy_on_spot(configuration: Configuration) -> Iterator[Finding]:
    for path, message in spot_warnings(configuration.proxy.capacity_providers):
        yield ("proxy", *path), message


def _events_in_isolated_subnets(configuration: Configuration) -> Iterator[Finding]:
    subnets = configuration.network.subnets.given.get("proxy")
    is_isolated = subnets is not None and subnets.kind == "isolated"
    if is_isolated and not configuration.network.endpoints and hears_events(configuration):
        problem = (
            "the proxy runs in isolated subnets, and hears ECS's events by SQS only; without an endpoint"
        )
        cure = "give the VPC one, network.endpoints: true, or false here"
        yield (
            ("proxy", "discovery", "events"),
            f"{problem} of SQS in the VPC every service is polled all the time; {cure}",
        )


def _policies(configuration: Configuration) -> Iterator[Finding]:
    for path, message in policy_warnings(proxy_task_input(configuration)):
        deployed = path[0] == "policy" or path[1] in configuration.services
        yield (path if deployed else ("existing_services", *path[1:])), message


_WARNINGS: tuple[Rule[Configuration], ...] = (
    _nobody_may_call,
    _proxy_on_spot,
    _events_in_isolated_subnets,
    _policies,
)
