"""The one line about an environment."""

from ecs_envoy.review.resources.changes import Kind
from ecs_envoy.review.sections import EnvironmentReview, Existence


def summary(review: EnvironmentReview) -> str:
    """Return the line, such as `prod: 3 resources change, the proxy rolls, nothing is replaced, ...`."""
    cost = review.cost
    match review.existence:
        case Existence.NEW:
            price = f", {cost.after:,.2f} USD a month" if cost.lines else ""
            return f"{review.name}: is new, {_count(len(review.resources), 'resource')}{price}"
        case Existence.GONE:
            price = f", {_money(cost.after - cost.before)} USD a month" if cost.lines else ""
            left = "its stacks stay in AWS until somebody deletes them"
            return f"{review.name}: is gone from the app; {left}{price}"
        case Existence.BOTH:
            pass
    if not review.differs:
        return f"{review.name}: nothing changes"
    return f"{review.name}: {', '.join([*_resources(review), *_rolls(review), *_price(review)])}"


def _resources(review: EnvironmentReview) -> list[str]:
    counts = {kind: sum(change.kind is kind for change in review.resources) for kind in Kind}
    changed = counts[Kind.CHANGED] + counts[Kind.REVISED]
    removed = counts[Kind.REMOVED] + counts[Kind.ORPHANED]
    replaced = counts[Kind.REPLACED] + counts[Kind.RENAMED]
    perhaps = counts[Kind.MAYBE_REPLACED]
    found = [f"{_count(changed, 'resource')} {'changes' if changed == 1 else 'change'}"] if changed else []
    found += (
        [f"{counts[Kind.ADDED]} {'is' if counts[Kind.ADDED] == 1 else 'are'} added"]
        if counts[Kind.ADDED]
        else []
    )
    found += [f"{removed} {'is' if removed == 1 else 'are'} removed"] if removed else []
    found += (
        [f"{replaced} {'is' if replaced == 1 else 'are'} replaced"] if replaced else ["nothing is replaced"]
    )
    found += [f"{perhaps} {'is' if perhaps == 1 else 'are'} perhaps replaced"] if perhaps else []
    stacks = len(review.stacks_removed)
    found += [f"{_count(stacks, 'stack')} {'leaves' if stacks == 1 else 'leave'} the app"] if stacks else []
    return found


def _rolls(review: EnvironmentReview) -> list[str]:
    # A reader wants to know of a few, and of many only how many there are.
    names = review.restarts
    shown = [f"{name} rolls" for name in names[:4]]
    return [*shown, f"{len(names) - 4} more services roll"] if len(names) > 4 else shown


def _price(review: EnvironmentReview) -> list[str]:
    cost = review.cost
    if not cost.lines:
        return []
    difference, most = cost.after - cost.before, cost.after_most - cost.before_most
    if abs(difference) < 0.005 and abs(most) < 0.005:
        return ["same cost"]
    if abs(difference - most) < 0.005:
        return [f"{_money(difference)} USD a month"]
    return [f"{_money(difference)} to {_money(most)} USD a month"]


def _money(amount: float) -> str:
    return f"{amount:+,.2f}".replace("+0.00", "0.00").replace("-0.00", "0.00")


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
