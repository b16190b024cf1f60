"""Who may call a proxy, and how many rules that needs in its security group."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ecs_envoy.plan.limits.quotas import RULES
from ecs_envoy.plan.rules import Rule
from ecs_envoy.plan.service_plan import ServicePlan
from envoy_config.settings_error import Finding

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
    if needed > RULES.usable:
        most = (RULES.usable - access.others) // access.ports
        problem = (
            f"{access.clients} clients need {needed} rules, and a security group has at most {RULES.usable}"
        )
        cure = "such as one prefix list (pl-...) of their blocks or one security group that they share"
        yield ("clients",), f"{problem}; give {most} clients at most, {cure}"


def outbound_rules(services: Sequence[ServicePlan], *, private_blocks: int = 1) -> int:
    """Return how many outbound rules a proxy needs that routes to `services`.

    Two of them are for HTTPS and for its own sidecars. All services that share a security group need one.

    Args:
        services: The services, with their whole policies.
        private_blocks: The number of IPv4 blocks of the private subnets of its VPC, at least.

    """
    deployed = [service for service in services if service.is_deployed_here]
    others = [service for service in services if not service.is_deployed_here]
    shared = {service.security_group for service in deployed if service.security_group}
    alone = [service for service in deployed if not service.security_group]
    own = sum(len(service.ports) for service in alone)
    groups = {(s.security_group, port) for s in others if s.security_group for port in s.ports}
    blocks = {(block, port) for s in others for block in s.cidrs for port in s.ports}
    anywhere = {port for s in others if not s.security_group and not s.cidrs for port in s.ports}
    by_block = len(blocks) + private_blocks * len(anywhere)
    return 2 + len(shared) + own + len(groups) + by_block


def _outbound(access: ProxyAccess) -> Iterator[Finding]:
    if access.outbound > RULES.usable:
        problem = f"need {access.outbound} outbound rules of the proxy, and a security group has at most"
        cure = "give cidrs that hold several of them at once, or one security_group that they share"
        yield ("services",), f"{problem} {RULES.usable}; {cure}"


ACCESS_RULES: tuple[Rule[ProxyAccess], ...] = (_rules, _outbound)
