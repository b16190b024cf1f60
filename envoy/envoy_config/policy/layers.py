"""Where each value of a policy comes from: the file, the service, or a method."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from envoy_config.policy.merging import method_policy, patterns_of
from envoy_config.policy.traffic_policy import MethodPolicy, TrafficPolicy
from envoy_config.settings import Settings
from envoy_config.settings_error import KeyPath


@dataclass(frozen=True, kw_only=True)
class Layer:
    """A policy as it was given.

    Attributes:
        path: Where it was given, such as `("services", "lessons", "policy")`.
        policy: What was given there.

    """

    path: KeyPath
    policy: Settings


@dataclass(frozen=True, kw_only=True)
class EffectivePolicy:
    """The policy of calls of a service, and the layers that it is merged from.

    Attributes:
        service: The name of the service.
        method: The method, such as `learning.v1.Lessons/List`; `learning.v1.Lessons/*` for the others of a
            proto service; empty for all others of the service.
        stream: Whether the service lists the method in `streaming_methods`.
        policy: The policy of these calls: of the method, or with an empty `method` a `TrafficPolicy`.
        layers: What it is merged from, the strongest last.

    """

    service: str
    method: str
    stream: bool
    policy: MethodPolicy
    layers: tuple[Layer, ...]

    def source(self, *key: str) -> KeyPath | None:
        """Return the path at which the value of `key` was given; None if it is a default.

        A key such as `("retries", "attempts")` is also given by a layer that turns its block off.
        """
        for layer in reversed(self.layers):
            if (given := _given(layer.policy, key)) is not None:
                return (*layer.path, *given)
        return None

    def place(self, *key: str) -> KeyPath:
        """Return the path of `key` for an error: where it was given, or else where it may be given."""
        return self.source(*key) or (*self.layers[-1].path, *key)


def effective_policies(
    *,
    service: str,
    defaults: TrafficPolicy,
    own: TrafficPolicy,
    whole: TrafficPolicy,
    streaming_methods: Sequence[str],
) -> Iterator[EffectivePolicy]:
    """Yield the policy of all calls of a service, and that of each method that may have another one.

    Args:
        service: The name of the service.
        defaults: The policy of the file, or of the proxy.
        own: The policy of the service.
        whole: Both, merged (`service_policy`).
        streaming_methods: Its streaming methods.

    """
    top = Layer(path=("policy",), policy=defaults)
    here = Layer(path=("services", service, "policy"), policy=own)
    yield EffectivePolicy(service=service, method="", stream=False, policy=whole, layers=(top, here))
    for method in sorted({*whole.methods, *streaming_methods}, key=lambda m: (m.rpartition("/")[0], m)):
        stream = method in streaming_methods
        more = [
            Layer(path=(*layer.path, "methods", pattern), policy=layer.policy.methods[pattern])
            for pattern in patterns_of(method)
            for layer in (top, here)
            if isinstance(layer.policy, TrafficPolicy) and pattern in layer.policy.methods
        ]
        yield EffectivePolicy(
            service=service,
            method=method,
            stream=stream,
            policy=method_policy(whole, method, stream=stream),
            layers=(top, here, *more),
        )


def _given(policy: Settings, key: Sequence[str]) -> KeyPath | None:
    """Return the path below `policy` that gives `key`: itself, or the block that is turned off; else None."""
    value: object = policy
    for number, name in enumerate(key):
        if isinstance(value, Settings):
            if name not in value.model_fields_set:
                return None
            value = getattr(value, name)
        elif isinstance(value, dict) and name in value:
            value = value[name]  # pyright: ignore[reportUnknownVariableType]
        else:
            return None
        if value is None:
            return tuple(key[: number + 1])
    return tuple(key)
