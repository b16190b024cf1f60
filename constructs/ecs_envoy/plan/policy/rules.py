"""All rules of traffic policies. Each checks the policies of one service."""

from collections.abc import Iterator

from ecs_envoy.plan.policy.subject import PoliciesOfService, policies_of_services
from ecs_envoy.plan.proxy_task import ProxyTaskInput
from ecs_envoy.plan.rules import Rule
from envoy_config.settings_error import Finding

POLICY_RULES: tuple[Rule[PoliciesOfService], ...] = ()


def policy_findings(task: ProxyTaskInput) -> Iterator[Finding]:
    """Yield what the rules find in the policies of `task`; what several services share is there once."""
    found = [
        finding
        for service in policies_of_services(task)
        for rule in POLICY_RULES
        for finding in rule(service)
    ]
    yield from dict.fromkeys(found)
