"""Rules for the names whose clients move from a load balancer to the proxy."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ecs_envoy.plan.rules import Rule
from envoy_config.settings_error import Finding


@dataclass(frozen=True, kw_only=True)
class CutOverPlan:
    """A name whose clients move.

    Attributes:
        name: The name that clients dial.
        load_balancer: The old load balancer's DNS name.
        proxy_names: The names that lead to the proxy already.
        others: The names of other services, with what each of them is.

    """

    name: str
    load_balancer: str
    proxy_names: Sequence[str]
    others: dict[str, str]


def weights(percent: int) -> tuple[int, int]:
    """Return the weights of the records of the load balancer and of the proxy.

    Route 53 answers with a record as often as its weight is a part of the sum ("Weighted routing" in its
    Developer Guide).
    """
    return 100 - percent, percent


def _target(plan: CutOverPlan) -> Iterator[Finding]:
    if plan.load_balancer.lower() == plan.name.lower():
        yield ("load_balancer",), "is the name itself; give the DNS name that AWS gave to the load balancer"
    elif plan.load_balancer.lower() in plan.proxy_names:
        yield (
            ("load_balancer",),
            "is the proxy's name; give the DNS name of the load balancer",
        )


def _name(plan: CutOverPlan) -> Iterator[Finding]:
    if plan.name.lower() in plan.proxy_names:
        yield ("name",), "leads to the proxy already; give the name of the load balancer that clients dial"
    elif other := plan.others.get(plan.name.lower()):
        yield ("name",), f"is also {other}; give each name once"


CUT_OVER_RULES: tuple[Rule[CutOverPlan], ...] = (_target, _name)
