"""The escape hatch: values that the configuration puts over what is deployed."""

from collections.abc import Iterator, Sequence

from ecs_envoy.review.meaning.causes import Cause
from ecs_envoy.review.meaning.keys import KeyChange

_UNCHECKED = "nobody checked the value: it goes over what ecs-envoy would deploy, and no rule holds for it"


def override_causes(keys: Sequence[KeyChange]) -> Iterator[Cause]:
    """Yield the keys of `overrides` that differ, as one cause."""
    found = [change for change in keys if "overrides" in change.key.split(".")]
    if found:
        gone = all(change.new is None for change in found)
        yield Cause(
            text=f"the escape hatch {'is no longer' if gone else 'is'} used",
            consequences=() if gone else (_UNCHECKED,),
            keys=tuple(change.key for change in found),
        )
