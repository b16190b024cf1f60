"""Rules for the names whose clients move from a load balancer to the proxy."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ecs_envoy.plan.reach.service_location import dns_name
from ecs_envoy.plan.rules import Rule
from ecs_envoy.plan.service_plan import ServicePlan
from ecs_envoy.settings.regions import is_of_aws
from envoy_config.settings_error import Finding


@dataclass(frozen=True, kw_only=True)
class CutOverPlan:
    """A name whose clients move.

    Attributes:
        name: The name that clients dial.
        load_balancer: The old load balancer's DNS name.
        namespace: The name of the proxy's namespace.
        others: The names of other services whose clients move, with what each of them is.
        upstream_names: The DNS names by which the proxy finds tasks, in lower case, with their services.
        hosts: The hosts of the proxy's services; None if the rule about them does not apply.
        zone_name: The name of the hosted zone; None if it is not known.

    """

    name: str
    load_balancer: str
    namespace: str
    others: Mapping[str, str]
    upstream_names: Mapping[str, str]
    hosts: Sequence[str] | None = None
    zone_name: str | None = None

    def is_in_namespace(self, name: str) -> bool:
        """Return whether `name` is the proxy's namespace, or a name in it."""
        return f".{name.lower()}".endswith(f".{self.namespace.lower()}")


def upstream_names(services: Iterable[ServicePlan]) -> dict[str, str]:
    """Return the DNS names by which a proxy finds `services`, in lower case, with the service of each."""
    return {
        name.lower(): service.name
        for service in services
        if service.discovery == "dns" and (name := dns_name(service.location))
    }


def weights(percent: int) -> tuple[int, int]:
    """Return the weights of the records of the load balancer and of the proxy.

    Route 53 answers with a record as often as its weight is a part of the sum ("Weighted routing" in its
    Developer Guide).
    """
    return 100 - percent, percent


def _target(plan: CutOverPlan) -> Iterator[Finding]:
    cure = "give the DNS name that AWS gave to the load balancer"
    if plan.load_balancer.lower() == plan.name.lower():
        yield ("load_balancer",), f"is the name itself; {cure}"
    elif plan.is_in_namespace(plan.load_balancer):
        yield ("load_balancer",), f"is in the namespace {plan.namespace}; {cure}"
    elif other := plan.others.get(plan.load_balancer.lower()):
        yield ("load_balancer",), f"is {other}; {cure}"


def _name(plan: CutOverPlan) -> Iterator[Finding]:
    if plan.is_in_namespace(plan.name):
        problem = f"is in the namespace {plan.namespace}, whose records Cloud Map makes"
        yield ("name",), f"{problem}; give the name in a zone of yours that clients dial"
    elif is_of_aws(plan.name):
        problem = "is a name of AWS, in whose zone you cannot make records"
        yield ("name",), f"{problem}; give the clients a name of your own first"
    elif other := plan.others.get(plan.name.lower()):
        yield ("name",), f"is also {other}; give each name once"
    elif plan.zone_name and not plan.name.lower().endswith(f".{plan.zone_name.lower()}"):
        yield ("name",), f"is not below {plan.zone_name}, the zone's name; give a name in the zone"
    elif plan.hosts is not None and plan.name.lower() not in plan.hosts:
        yield ("name",), "is the host of none of the proxy's services; add it to the hosts of one of them"


def _circle(plan: CutOverPlan) -> Iterator[Finding]:
    if service := plan.upstream_names.get(plan.name.lower()):
        problem = f"is where the proxy finds the tasks of {service}, so that it would call itself"
        yield ("name",), f"{problem}; give {service} another address, such as the load balancer's own name"


CUT_OVER_RULES: tuple[Rule[CutOverPlan], ...] = (_target, _name, _circle)
