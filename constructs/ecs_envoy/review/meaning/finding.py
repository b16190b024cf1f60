"""Finds causes and their consequences in a comparison."""

from ecs_envoy.review.comparison import Comparison
from ecs_envoy.review.sections import Meaning


def meaning(comparison: Comparison) -> tuple[Meaning, ...]:
    """Return what is found, the most important first."""
    del comparison
    return ()
