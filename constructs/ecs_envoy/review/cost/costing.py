"""What an environment costs before and after."""

from ecs_envoy.review.comparison import Comparison
from ecs_envoy.review.sections import Cost


def cost(comparison: Comparison) -> Cost:
    """Return the cost of both sides a month."""
    del comparison
    return Cost()
