"""Gates: kinds of changes that make `ecs-envoy diff` fail, as `--fail-on` names them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ecs_envoy.review.sections import CareKind, EnvironmentReview

_COST = re.compile(r"cost:\+(?P<amount>\d+(?:\.\d+)?)(?P<percent>%?)")


class BadGateError(ValueError):
    """A gate that does not exist; the message lists those that do."""


@dataclass(frozen=True, kw_only=True)
class Gates:
    """What makes the comparison fail.

    Attributes:
        kinds: The kinds of what needs care that do.
        cost_percent: The highest rise of the cost in percent; None without this gate.
        cost_amount: The highest rise of the cost in USD a month; None without this gate.

    """

    kinds: frozenset[CareKind] = frozenset()
    cost_percent: float | None = None
    cost_amount: float | None = None


def read_gates(text: str) -> Gates:
    """Return the gates that `text` names, separated by commas, such as `replacement,cost:+10%`.

    Raises:
        BadGateError: One of them does not exist.

    """
    kinds: set[CareKind] = set()
    percent: float | None = None
    amount: float | None = None
    by_name = {kind.value: kind for kind in CareKind}
    for word in filter(None, map(str.strip, text.split(","))):
        if word in by_name:
            kinds.add(by_name[word])
        elif (found := _COST.fullmatch(word)) and found["percent"]:
            percent = float(found["amount"])
        elif found:
            amount = float(found["amount"])
        else:
            raise BadGateError(
                f"--fail-on: {word!r} is no gate; give some of {', '.join(by_name)}, cost:+10% or cost:+25, "
                "separated by commas"
            )
    return Gates(kinds=frozenset(kinds), cost_percent=percent, cost_amount=amount)


def failures(gates: Gates, reviews: Sequence[EnvironmentReview]) -> list[str]:
    """Return why the comparison fails, one line for each reason; empty if it does not."""
    return [line for review in reviews for line in _failures(gates, review)]


def _failures(gates: Gates, review: EnvironmentReview) -> list[str]:
    lines = [
        f"{review.name}: {found.kind.value}: {found.text.replace('`', '')} ({found.place})"
        for found in review.care
        if found.kind in gates.kinds
    ]
    cost = review.cost
    # An environment that scales costs more at its highest number of tasks, too.
    for before, after in {(cost.before, cost.after), (cost.before_most, cost.after_most)}:
        rise = after - before
        if gates.cost_amount is not None and rise > gates.cost_amount:
            lines.append(f"{review.name}: cost: {rise:+,.2f} USD a month, over +{gates.cost_amount:g}")
        if gates.cost_percent is not None and rise > before * gates.cost_percent / 100:
            share = f"{rise / before:+.1%}" if before else "new"
            lines.append(f"{review.name}: cost: {share}, over +{gates.cost_percent:g} %")
    return list(dict.fromkeys(lines))
