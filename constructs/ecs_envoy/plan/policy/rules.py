"""All rules of traffic policies. Each checks the policies of one service."""

from collections.abc import Iterator, Sequence

from ecs_envoy.plan.policy.capacity_rules import CAPACITY_RULES, keepalive_warning
from ecs_envoy.plan.policy.fault_rules import FAULT_RULES
from ecs_envoy.plan.policy.health_rules import HEALTH_RULES
from ecs_envoy.plan.policy.limit_rules import LIMIT_RULES
from ecs_envoy.plan.policy.load_balancing_rules import LOAD_BALANCING_RULES
from ecs_envoy.plan.policy.method_rules import METHOD_RULES
from ecs_envoy.plan.policy.repeat_rules import REPEAT_RULES
from ecs_envoy.plan.policy.shared_rules import shared_policy_findings
from ecs_envoy.plan.policy.splitting_rules import SPLITTING_RULES
from ecs_envoy.plan.policy.subject import PoliciesOfService, policies_of_services
from ecs_envoy.plan.policy.time_rules import TIME_RULES
from ecs_envoy.plan.proxy_task import ProxyTaskInput
from ecs_envoy.plan.rules import Rule
from envoy_config.settings_error import Finding

POLICY_RULES: tuple[Rule[PoliciesOfService], ...] = (
    *LOAD_BALANCING_RULES,
    *HEALTH_RULES,
    *CAPACITY_RULES,
    *LIMIT_RULES,
    *METHOD_RULES,
    *SPLITTING_RULES,
    *TIME_RULES,
    *REPEAT_RULES,
    *FAULT_RULES,
)


POLICY_WARNINGS: tuple[Rule[PoliciesOfService], ...] = (keepalive_warning,)
"""What is allowed, and is probably not what was meant."""


def policy_findings(task: ProxyTaskInput) -> Iterator[Finding]:
    """Yield what the rules find in the policies of `task`; what several services share is there once."""
    yield from _found(POLICY_RULES, task)
    if not task.shares_policy:
        yield from shared_policy_findings([task])


def policy_warnings(task: ProxyTaskInput) -> Iterator[Finding]:
    """Yield what is probably wrong in the policies of `task`."""
    yield from _found(POLICY_WARNINGS, task)


def _found(rules: Sequence[Rule[PoliciesOfService]], task: ProxyTaskInput) -> Iterator[Finding]:
    found = [finding for service in policies_of_services(task) for rule in rules for finding in rule(service)]
    yield from dict.fromkeys(found)
