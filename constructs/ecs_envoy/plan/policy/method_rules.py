"""Rules for the methods that have a policy of their own, and for headers."""

from collections.abc import Iterator, Sequence

from ecs_envoy.plan.policy.subject import PoliciesOfService
from ecs_envoy.plan.rules import Rule
from envoy_config.policy.merging import OF_ANY_SERVER
from envoy_config.policy.traffic_policy import TrafficPolicy
from envoy_config.settings_error import Finding, KeyPath


def _methods(service: PoliciesOfService) -> Iterator[Finding]:
    """Find methods of the service's own policy that it does not have."""
    own = next(plan for plan in service.task.services if plan.name == service.name)
    here = ("services", service.name, "policy")
    yield from unknown_methods(own.policy, own.upstream.grpc_services, here, service.name)


def unknown_methods(
    policy: TrafficPolicy, proto_services: Sequence[str], here: KeyPath, owner: str
) -> Iterator[Finding]:
    """Yield each method in `policy`, given at `here`, that is of none of `proto_services` of `owner`."""
    for pattern in policy.methods:
        proto_service = pattern.partition("/")[0]
        if proto_services and proto_service not in {*proto_services, *OF_ANY_SERVER}:
            yield (
                (*here, "methods", pattern),
                (
                    f"{proto_service} is no proto service of {owner}; give a method of "
                    f"{', '.join(sorted(set(proto_services)))}, or add it to grpc_services"
                ),
            )


def _headers(service: PoliciesOfService) -> Iterator[Finding]:
    for calls in service.methods:
        for direction in ("request", "response"):
            change = getattr(calls.policy.headers, direction)
            given = [*change.set, *change.add]
            for name in sorted(set(change.remove) & set(given)):
                yield (
                    calls.place("headers", direction, "remove"),
                    f"removes {name}, which is also given; remove one of the two",
                )


METHOD_RULES: tuple[Rule[PoliciesOfService], ...] = (_methods, _headers)
