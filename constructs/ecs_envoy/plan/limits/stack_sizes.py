"""How many resources the stacks have: an upper estimate without a synth, which a test holds to templates."""

from dataclasses import dataclass

from ecs_envoy.plan.limits.quotas import RESOURCES, TEMPLATE_BYTES

_OF_SERVICE = 9
"""
Log group, task role, execution role and its policy, task definition, security group and the proxy's rule in
it, ECS service, and Cloud Map service. To share one would give a task the rights, the log or the callers of
another one.
"""
_OF_PROXY = 23
"""The same for the proxy, its saved queries, its scaling, ECS's events, and what its telemetry may need."""


@dataclass(frozen=True, kw_only=True)
class ServiceSize:
    """What decides how many resources a service has.

    Attributes:
        metrics: The number of metrics that it scales by; 0 if it does not scale.
        own_rights: Whether its tasks' role has rights.
        dialled_ports: The number of ports of proxies that it calls.
        guarded_volumes: The number of its file systems whose security group we open.

    """

    metrics: int
    own_rights: bool
    dialled_ports: int
    guarded_volumes: int

    @property
    def resources(self) -> int:
        """The number of its resources, at most."""
        scaling = 1 + self.metrics if self.metrics else 0
        rules = 2 * (self.dialled_ports + self.guarded_volumes)
        return _OF_SERVICE + scaling + self.own_rights + rules


def proxy_resources(*, services: int, aliases: int, client_rules: int) -> int:
    """Return how many resources the stack of a proxy has at most.

    Each name that leads to it, as an alias or that of a service, is a Cloud Map service and an instance.
    """
    return _OF_PROXY + 2 * (services + aliases) + client_rules


@dataclass(frozen=True, kw_only=True)
class StackSize:
    """How full a stack is.

    Attributes:
        name: The stack's name.
        resources: Its resources, at most.
        services: The number of services that it has resources of.
        template_bytes: The size of its template, at most; 0 where resources end first.

    """

    name: str
    resources: int
    services: int
    template_bytes: int = 0

    @property
    def too_full(self) -> bool:
        """Whether it passes a limit."""
        return self.resources > RESOURCES.usable or self.template_bytes > TEMPLATE_BYTES.usable

    def __str__(self) -> str:
        """Return the line of `ecs-envoy validate`."""
        number = f"{self.services} service{'' if self.services == 1 else 's'}"
        share = f"{self.resources} of {RESOURCES.most} resources"
        line = f"stack {self.name}: {number}, {share} ({100 * self.resources / RESOURCES.most:.0f} %)"
        if self.template_bytes:
            size, most = self.template_bytes / 1000, TEMPLATE_BYTES.most / 1000
            line += f", {size:,.0f} of {most:,.0f} KB ({100 * size / most:.0f} %)"
        return line
