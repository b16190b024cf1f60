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
            saved = f"{_money(cost.after - cost.before)} USD a month once they are deleted"
            price = f", {saved}" if cost.lines else ""
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
    replaced = counts[Kind.REPLACED] + counts[Kind.RENAMED]
    stacks = len(review.stacks_removed)
    found = [
        (changed, f"{_count(changed, 'resource')} {'changes' if changed == 1 else 'change'}"),
        (counts[Kind.ADDED], _are(counts[Kind.ADDED], "added")),
        (counts[Kind.REMOVED], _are(counts[Kind.REMOVED], "removed")),
        (counts[Kind.ORPHANED], _are(counts[Kind.ORPHANED], "left behind")),
        (1, _are(replaced, "replaced") if replaced else "nothing is replaced"),
        (counts[Kind.MAYBE_REPLACED], _are(counts[Kind.MAYBE_REPLACED], "perhaps replaced")),
        (stacks, f"{_count(stacks, 'stack')} {'leaves' if stacks == 1 else 'leave'} the app"),
    ]
    only_declared = bool(review.declarations) and not review.resources
    found = [(only_declared, "only parameters, conditions or outputs change"), *found]
    return [text for number, text in found if number]


def _are(number: int, what: str) -> str:
    return f"{number} {'is' if number == 1 else 'are'} {what}"


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
        return [f"{_money(difference)} USD a month{_once_deleted(review)}"]
    return [f"{_money(difference)} to {_money(most)} USD a month{_once_deleted(review)}"]


def _once_deleted(review: EnvironmentReview) -> str:
    # What no deployment deletes stays on the bill.
    number = len(review.stacks_removed)
    gone = "the stack that leaves is" if number == 1 else "the stacks that leave are"
    return f" once {gone} deleted" if number else ""


def _money(amount: float) -> str:
    return f"{amount:+,.2f}".replace("+0.00", "0.00").replace("-0.00", "0.00")


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
