"""Rules for faults on purpose."""

from collections.abc import Iterator

from ecs_envoy.plan.policy.subject import PoliciesOfService
from ecs_envoy.plan.rules import Rule
from envoy_config.settings_error import Finding


def _production(service: PoliciesOfService) -> Iterator[Finding]:
    if service.task.fault_injection == "allowed":
        return
    problem = "fails or delays calls on purpose, which production refuses"
    for calls in service.methods:
        if calls.policy.fault:
            yield calls.place("fault"), f"{problem}; remove it, or give fault_injection: allowed"


def _empty(service: PoliciesOfService) -> Iterator[Finding]:
    for calls in service.methods:
        fault = calls.policy.fault
        if fault and fault.delay is None and fault.abort is None:
            yield calls.place("fault"), "has neither delay nor abort; give one of them"


FAULT_RULES: tuple[Rule[PoliciesOfService], ...] = (_production, _empty)
