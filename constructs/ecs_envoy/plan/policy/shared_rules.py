"""Rules of the policy for all services: what it gives has to be for one of them at least."""

from collections.abc import Iterator, Sequence

from ecs_envoy.plan.policy.method_rules import unknown_methods
from ecs_envoy.plan.policy.repeat_rules import without_idempotent
from ecs_envoy.plan.policy.subject import policies_of_services
from ecs_envoy.plan.proxy_task import ProxyTaskInput
from envoy_config.settings_error import Finding


def shared_policy_findings(tasks: Sequence[ProxyTaskInput]) -> Iterator[Finding]:
    """Yield what is wrong in the policy for all services of `tasks`, the proxies that have it in common."""
    listed = [plan.upstream.grpc_services for task in tasks for plan in task.services]
    if tasks and all(listed):
        every = [name for names in listed for name in names]
        owner = "any service of the proxy" if len(tasks) == 1 else "any service"
        yield from unknown_methods(tasks[0].policy, every, ("policy",), owner)
    methods = [calls for task in tasks for service in policies_of_services(task) for calls in service.methods]
    yield from (finding for finding in without_idempotent(methods) if finding[0][0] == "policy")
