"""What the rules of traffic policies check: the policies of all calls of a proxy."""

import functools
from collections.abc import Iterator
from dataclasses import dataclass

from ecs_envoy.plan.proxy_task import ProxyTaskInput
from ecs_envoy.plan.service_plan import ServicePlan
from envoy_config.policy.layers import EffectivePolicy, effective_policies
from envoy_config.policy.traffic_policy import TrafficPolicy


@dataclass(frozen=True, kw_only=True)
class PoliciesOfService:
    """The policies of a service.

    Attributes:
        task: The plan of the proxy.
        name: The name of the service.
        plan: How the proxy finds and calls its tasks, with the whole policy.
        whole: The policy of the service, merged with the proxy's.
        methods: The policies of its calls; the first one is of all calls without another one.

    """

    task: ProxyTaskInput
    name: str
    plan: ServicePlan
    whole: TrafficPolicy
    methods: tuple[EffectivePolicy, ...]

    @functools.cached_property
    def service(self) -> EffectivePolicy:
        """The policy of all calls that have no other one."""
        return self.methods[0]


def policies_of_services(task: ProxyTaskInput) -> Iterator[PoliciesOfService]:
    """Yield the policies of each service of `task`."""
    for service, whole in zip(task.services, task.whole_services, strict=True):
        found = effective_policies(
            service=service.name,
            defaults=task.policy,
            own=service.policy,
            whole=whole.policy,
            streaming_methods=service.upstream.streaming_methods,
        )
        yield PoliciesOfService(
            task=task, name=service.name, plan=whole, whole=whole.policy, methods=tuple(found)
        )
