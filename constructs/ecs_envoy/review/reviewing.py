"""Reviews a comparison: asks each room what it has to say."""

from ecs_envoy.review.care.finding import care
from ecs_envoy.review.checks.checking import checks
from ecs_envoy.review.comparison import Comparison
from ecs_envoy.review.cost.costing import cost
from ecs_envoy.review.documents.comparing import documents, envoy_documents
from ecs_envoy.review.facts.restarts import rolling_services
from ecs_envoy.review.meaning.finding import meaning
from ecs_envoy.review.sections import EnvironmentReview, Existence


def review(comparison: Comparison) -> EnvironmentReview:
    """Return everything that the comment says about one environment."""
    return EnvironmentReview(
        name=comparison.name,
        existence=_existence(comparison),
        restarts=tuple(
            f"the proxy {service.name}" if service.is_proxy else service.name
            for service in rolling_services(comparison)
        ),
        care=care(comparison),
        meaning=meaning(comparison),
        envoy=envoy_documents(comparison),
        documents=documents(comparison),
        resources=comparison.changes.resources,
        stacks_added=comparison.changes.stacks_added,
        stacks_removed=comparison.changes.stacks_removed,
        cost=cost(comparison),
        checks=checks(comparison),
    )


def _existence(comparison: Comparison) -> Existence:
    if comparison.base is None:
        return Existence.NEW
    return Existence.BOTH if comparison.head else Existence.GONE
