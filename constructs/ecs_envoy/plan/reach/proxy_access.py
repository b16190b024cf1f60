"""Who may call a proxy, and how many rules that needs in its security group."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ecs_envoy.plan.rules import Rule
from ecs_envoy.plan.service_plan import ServicePlan
from envoy_config.settings_error import Finding

MAX_RULES = 60
"""
The inbound or outbound rules that a security group may have ("Amazon VPC quotas": Security groups). A rule
with a prefix list counts as many as the list may have entries.
"""

NOBODY = (
    "nobody may call the proxy: its security group lets no client in; give the clients' security groups "
    "(sg-...), IPv4 blocks, prefix lists (pl-...) or services"
)


@dataclass(frozen=True, kw_only=True)
class ProxyAccess:
    """Who may call a proxy.

    Attributes:
        clients: The number of clients.
        ports: The number of TCP ports that they dial.
        others: The number of inbound rules for others: Prometheus's scrapers, and the proxy's own sidecars.
        outbound: The number of outbound rules.

    """

    clients: int
    ports: int = 1
    others: int = 1
    outbound: int = 0


def _rules(access: ProxyAccess) -> Iterator[Finding]:
    needed = access.clients * access.ports + access.others
    if needed > MAX_RULES:
        most = (MAX_RULES - access.others) // access.ports
        problem = (
            f"{access.clients} clients need {needed} rules, and a security group has at most {MAX_RULES}"
        )
        cure = "such as one prefix list (pl-...) of their blocks or one security group that they share"
        yield ("clients",), f"{problem}; give {most} clients at most, {cure}"


def outbound_rules(services: Sequence[ServicePlan]) -> int:
    """Return how many outbound rules a proxy needs at least that routes to `services`; 0 without blocks.

    Two of them are for HTTPS and for its own sidecars. Services without blocks may share a security group,
    or the private subnets. Too many services alone are too many for the bootstrap, which is refused.
    """
    blocks = {(block, service.upstream.port) for service in services for block in service.cidrs}
    others = [service for service in services if not service.cidrs]
    ports = {service.upstream.port for service in others if not service.is_deployed_here}
    return 2 + len(blocks) + len(ports) + sum(s.is_deployed_here for s in others) if blocks else 0


def _outbound(access: ProxyAccess) -> Iterator[Finding]:
    if access.outbound > MAX_RULES:
        problem = f"need {access.outbound} outbound rules of the proxy, and a security group has at most"
        cure = "give fewer cidrs that hold the others, or security_group"
        yield ("services",), f"{problem} {MAX_RULES}; {cure}"


ACCESS_RULES: tuple[Rule[ProxyAccess], ...] = (_rules, _outbound)
