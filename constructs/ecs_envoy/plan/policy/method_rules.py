"""Rules for the methods that have a policy of their own, and for headers."""

from collections.abc import Iterator, Sequence

from ecs_envoy.plan.policy.subject import PoliciesOfService
from ecs_envoy.plan.rules import Rule
from envoy_config.settings_error import Finding

ALWAYS = (
    "grpc.health.v1.Health",
    "grpc.reflection.v1.ServerReflection",
    "grpc.reflection.v1alpha.ServerReflection",
)
"""Proto services that any server may have without listing them."""


def _methods(service: PoliciesOfService) -> Iterator[Finding]:
    """Find methods of the service's own policy, and of the proxy's, that no service has."""
    task = service.task
    listed = {plan.name: plan.upstream.grpc_services for plan in task.services}
    own = next(plan.policy for plan in task.services if plan.name == service.name)
    for pattern in own.methods:
        yield from _known(pattern, listed[service.name], ("services", service.name, "policy"), service.name)
    if all(listed.values()) and not task.shares_policy:
        every = [name for names in listed.values() for name in names]
        for pattern in task.policy.methods:
            yield from _known(pattern, every, ("policy",), "any service of the proxy")


def _known(
    pattern: str, proto_services: Sequence[str], policy: tuple[str, ...], owner: str
) -> Iterator[Finding]:
    proto_service = pattern.partition("/")[0]
    if proto_services and proto_service not in {*proto_services, *ALWAYS}:
        yield (
            (*policy, "methods", pattern),
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
