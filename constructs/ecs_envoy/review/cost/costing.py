"""What an environment costs before and after."""

from dataclasses import replace

from ecs_envoy.review.assembly.reading import UNKNOWN_REGION
from ecs_envoy.review.comparison import Comparison, Side
from ecs_envoy.review.cost.items import Item, items
from ecs_envoy.review.cost.prices import DEFAULT_REGION, Prices, our_prices
from ecs_envoy.review.sections import Cost, CostLine

_NEW = ", new"
_NOT_COUNTED = (
    "not counted: data transfer and what NAT gateways, load balancers and endpoints carry; storage of logs; "
    "X-Ray, Prometheus and Datadog. A sidecar costs no more than the task that it is in"
)


def cost(comparison: Comparison, prices: Prices | None = None) -> Cost:
    """Return the cost of both sides a month, at `prices` or else at our own."""
    return _cost(comparison.base, comparison.head, prices or our_prices())


def cost_of(side: Side, prices: Prices | None = None) -> Cost:
    """Return the cost of one side a month, in the lines' `after`."""
    found = _cost(None, side, prices or our_prices())
    return replace(
        found, lines=tuple(replace(line, name=line.name.removesuffix(_NEW)) for line in found.lines)
    )


def _cost(base: Side | None, head: Side | None, prices: Prices) -> Cost:
    before, after = _by_key(base, prices), _by_key(head, prices)
    lines = [_line(key, before.get(key), after.get(key)) for key in {**before, **after}]
    stacks = [stack for side in (base, head) if side for stack in side.assembly.stacks.values()]
    regions = {stack.region for stack in stacks}
    return Cost(lines=tuple(lines), assumptions=_assumptions(prices, regions) if lines else ())


def _by_key(side: Side | None, prices: Prices) -> dict[str, Item]:
    return {item.key: item for item in items(side, prices)} if side else {}


def _line(key: str, before: Item | None, after: Item | None) -> CostLine:
    details = [item.detail for item in (before, after) if item]
    detail = details[0] if len(set(details)) == 1 else " → ".join(details)
    if before is None or after is None:
        detail += _NEW if after else ", gone"
    return CostLine(
        name=f"{key}, {detail}",
        before=before.least if before else 0.0,
        after=after.least if after else 0.0,
        before_most=before.most if before else 0.0,
        after_most=after.most if after else 0.0,
    )


def _assumptions(prices: Prices, regions: set[str]) -> tuple[str, ...]:
    unknown = sorted(regions - prices.regions.keys() - {UNKNOWN_REGION})
    of = f"prices of {prices.date}, without tax, discounts and the free tier"
    if unknown:
        of += f"; {', '.join(unknown)} as {DEFAULT_REGION}, since the table has no prices of its own"
    if UNKNOWN_REGION in regions:
        of += f"; those of {DEFAULT_REGION}, since the app names no region"
    rates = prices.rates
    rate = (
        f"a month has {rates.month_hours:g} hours; a task logs {rates.log_gb_task_month:g} GB to CloudWatch"
    )
    spot = f"Fargate Spot is {rates.spot_discount:.0%} cheaper"
    return (of, f"{rate}; {spot}", _NOT_COUNTED)
