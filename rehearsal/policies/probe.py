"""A probe: what is done to the calls of a policy, what is expected, and what is seen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from envoy_config.policy.layers import EffectivePolicy
from envoy_config.policy.traffic_policy import TrafficPolicy
from rehearsal.policies.world import Client, World


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What a probe saw, in words, and whether it is what was expected."""

    text: str
    good: bool


@dataclass(frozen=True, kw_only=True)
class Subject:
    """The calls whose policy is probed.

    Attributes:
        found: Their policy, with where its values come from.
        whole: The policy of their service.
        path: A method of theirs, such as `learning.v1.Lessons/List`.
        authority: The name that clients dial for their service alone.

    """

    found: EffectivePolicy
    whole: TrafficPolicy
    path: str
    authority: str

    @property
    def service(self) -> str:
        """The name of their service."""
        return self.found.service

    def given(self, *key: str) -> bool:
        """Return whether the file gives a setting, or a part of a block."""
        return self.found.source(*key) is not None


@dataclass(frozen=True, kw_only=True)
class Probe:
    """A probe of a setting.

    Attributes:
        setting: The key, such as `retries.attempts`.
        expected: What has to be seen, in words; without `run` why nothing is done.
        run: Does it; None if it cannot be done here.
        prepare: Is called before Envoy starts.

    """

    setting: str
    expected: str
    run: "Callable[[Client, Subject, World], Seen] | None" = None
    prepare: "Callable[[Subject, World], None] | None" = None


def seen_counts(names: Sequence[str]) -> str:
    """Return how often each of `names` is in it, the most frequent first."""
    counts = {name: names.count(name) for name in dict.fromkeys(names)}
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{count} {name}" for name, count in ordered) or "nothing"
