"""Merges policies key by key: that of a method over that of its service, and that over the file's."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar, cast

from envoy_config.policy.traffic_policy import MethodPolicy, TrafficPolicy
from envoy_config.settings import Settings

_Kind = TypeVar("_Kind", bound=Settings)

OF_ANY_SERVER = (
    "grpc.health.v1.Health",
    "grpc.reflection.v1.ServerReflection",
    "grpc.reflection.v1alpha.ServerReflection",
)
"""Proto services that any server may have without listing them."""


NOT_OF_STREAMS = (
    ("timeout",),
    ("hedging",),
    ("max_message_bytes",),
    ("retries", "per_try_timeout"),
    # A stream that has begun cannot be repeated.
    ("retries", "on"),
)
"""What a streaming method does not take over from its service."""


def service_policy(
    defaults: TrafficPolicy, own: TrafficPolicy, *, grpc_services: Sequence[str] = ()
) -> TrafficPolicy:
    """Return the policy of a service: what `own` does not give is as in `defaults`.

    Args:
        defaults: The policy of all services.
        own: The policy of the service itself.
        grpc_services: Its proto services, if they are listed: methods of others are left out of `defaults`.

    """
    kept = {
        pattern: policy
        for pattern, policy in defaults.methods.items()
        if not grpc_services or pattern.partition("/")[0] in {*grpc_services, *OF_ANY_SERVER}
    }
    if kept != defaults.methods:
        defaults = defaults.model_copy(update={"methods": kept})
    return merged(TrafficPolicy, [defaults, own])


def method_policy(policy: TrafficPolicy, method: str, *, stream: bool = False) -> MethodPolicy:
    """Return the policy of a gRPC method of a service, whose policy is `policy`.

    Args:
        policy: The service's policy, merged with the file's.
        method: The method, such as `learning.v1.Lessons/List`; `learning.v1.Lessons/*` for those of the
            proto service that have no policy of their own.
        stream: Whether the method is a streaming one: its calls are long by design, so that only its own
            policy bounds the time that they take, and they are not repeated after an answer.

    """
    found = policy.part(MethodPolicy)
    for pattern in patterns_of(method):
        if stream and pattern == method:
            found = _without(found, NOT_OF_STREAMS)
        if pattern in policy.methods:
            found = merged(MethodPolicy, [found, policy.methods[pattern]])
    return found


def patterns_of(method: str) -> tuple[str, ...]:
    """Return under which names a policy of `method` may stand, the strongest last: `P/*` and `P/M`."""
    return tuple(dict.fromkeys((f"{method.partition('/')[0]}/*", method)))


def _without(policy: MethodPolicy, keys: Sequence[tuple[str, ...]]) -> MethodPolicy:
    """Return `policy` with the defaults of `keys`."""
    for key, *below in keys:
        block: Settings = getattr(policy, key)
        default = type(policy).model_fields[key].get_default()
        value = (
            block.model_copy(update={name: getattr(default, name) for name in below}) if below else default
        )
        policy = policy.model_copy(update={key: value})
    return policy


def merged(kind: type[_Kind], layers: Sequence[Settings]) -> _Kind:
    """Return the settings that `layers` give, of which a later one overrides an earlier one key by key.

    Lists are replaced as a whole. `None` turns a block off. What could not be read in a layer is missing.
    """
    given = {
        name: _merged([getattr(layer, name) for layer in layers if name in layer.model_fields_set])
        for name in kind.model_fields
        if any(name in layer.model_fields_set for layer in layers)
    }
    block = kind.model_construct(set(given), **given)
    for name in kind.model_fields:
        if any(name in type(layer).model_fields and name not in vars(layer) for layer in layers):
            vars(block).pop(name, None)
    return block


def _merged(values: Sequence[object]) -> object:
    """Return the last of `values`, merged with those before it if it is a block or a mapping."""
    last = values[-1]
    same: list[Any] = []
    for value in reversed(values):
        if type(value) is not type(last) and not (isinstance(value, Settings) and isinstance(last, Settings)):
            break
        same.insert(0, value)
    if isinstance(last, Settings):
        first: Settings = same[0]
        return merged(type(first), same)
    if isinstance(last, dict):
        mappings = [cast("Mapping[str, object]", value) for value in same]
        return {
            key: _merged([mapping[key] for mapping in mappings if key in mapping])
            for key in dict.fromkeys(key for mapping in mappings for key in mapping)
        }
    return last
