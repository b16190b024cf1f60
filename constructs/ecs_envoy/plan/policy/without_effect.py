"""Keys of a policy that do nothing, because another key has another value."""

from collections.abc import Iterator

from ecs_envoy.plan.policy.subject import PoliciesOfService
from envoy_config.settings_error import Finding


def without_effect(
    service: PoliciesOfService,
    block: str,
    keys: tuple[str, ...],
    *,
    because: str,
    cure: str,
    unless: str = "",
) -> Iterator[Finding]:
    """Yield each of `keys` of `block` that is given, has a value, and has no effect.

    Args:
        service: The policies of a service.
        block: The block that has these keys, such as `load_balancing`.
        keys: The keys that have no effect with this policy.
        because: With what they have none, such as `type: none`.
        cure: What to give instead.
        unless: The key of the block that decides it. If a service overrides this one alone, what the policy
            of the file gives for all services is no mistake.

    """
    policy = service.service
    decided = policy.source(block, unless) if unless else None
    for key in keys:
        given = policy.source(block, key)
        value = getattr(getattr(service.whole, block), key)
        if given is None or value is None or value == "":
            continue
        if decided and len(decided) > len(given) and given[0] == "policy":
            continue
        yield given, f"has no effect with {because}; {cure}"
