"""Reviews a comparison: asks each room what it has to say."""

from ecs_envoy.review.care.finding import care
from ecs_envoy.review.checks.checking import checks
from ecs_envoy.review.comparison import Comparison
from ecs_envoy.review.cost.costing import cost
from ecs_envoy.review.cost.prices import Prices
from ecs_envoy.review.documents.comparing import documents, envoy_documents
from ecs_envoy.review.facts.ecs import EcsService
from ecs_envoy.review.facts.restarts import rolling_services
from ecs_envoy.review.meaning.finding import meaning
from ecs_envoy.review.resources.declarations import declaration_lines
from ecs_envoy.review.resources.details import details
from ecs_envoy.review.sections import Checks, EnvironmentReview, Existence


def review(
    comparison: Comparison, prices: Prices | None = None, checked: Checks | None = None
) -> EnvironmentReview:
    """Return everything that the comment says about one environment.

    Args:
        comparison: The environment.
        prices: What things cost; our own prices by default.
        checked: How it was checked, by `check_all`; by default only what the assemblies bring with them.

    """
    return EnvironmentReview(
        name=comparison.name,
        existence=_existence(comparison),
        restarts=tuple(_called(service, comparison) for service in rolling_services(comparison)),
        care=care(comparison),
        meaning=meaning(comparison),
        envoy=envoy_documents(comparison),
        documents=documents(comparison),
        resources=comparison.changes.resources,
        details=_details(comparison),
        declarations=_declarations(comparison),
        stacks_added=comparison.changes.stacks_added,
        stacks_removed=comparison.changes.stacks_removed,
        cost=cost(comparison, prices),
        checks=checks(comparison) if checked is None else checked,
    )


def _called(service: EcsService, comparison: Comparison) -> str:
    if not service.is_proxy:
        return service.name
    proxies = [s for s in comparison.head.services.values() if s.is_proxy] if comparison.head else []
    return "the proxy" if len(proxies) == 1 else f"the proxy {service.name}"


def _details(comparison: Comparison) -> dict[str, tuple[str, ...]]:
    if comparison.base is None or comparison.head is None:
        return {}
    before, after = comparison.base.assembly.stacks, comparison.head.assembly.stacks
    return {
        change.new_id: details(change, before, after)
        for change in comparison.changes.resources
        if change.old and change.new
    }


def _declarations(comparison: Comparison) -> dict[str, tuple[str, ...]]:
    """Return what differs in each stack besides its resources."""
    if comparison.base is None or comparison.head is None:
        return {}
    before, after = comparison.base.assembly.stacks, comparison.head.assembly.stacks
    found: dict[str, tuple[str, ...]] = {}
    for change in comparison.changes.declarations:
        lines = declaration_lines(change, before, after)
        found[change.stack] = (*found.get(change.stack, ()), *lines)
    return found


def _existence(comparison: Comparison) -> Existence:
    if comparison.base is None:
        return Existence.NEW
    return Existence.BOTH if comparison.head else Existence.GONE
