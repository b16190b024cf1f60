"""The security group rules around a proxy: who may call it, and which services it may call."""

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Network, collapse_addresses
from typing import cast

import jsii
from aws_cdk import Annotations, Stack
from aws_cdk import aws_ec2 as ec2
from constructs import Construct, IValidation

from ecs_envoy.plan.discovery import SIDECAR_PORT
from ecs_envoy.plan.reach.proxy_access import NOBODY
from ecs_envoy.proxy.routed_service import RoutedService, SharingService
from ecs_envoy.settings.arguments import is_token
from ecs_envoy.settings.reach.port_range import PortRange
from envoy_config.settings_error import Finding


def define_connections(ecs_service: ec2.IConnectable, *, port: int, sidecars_talk: bool) -> ec2.Connections:
    """Return who may call a proxy at `port`; the tasks of `ecs_service` may call each other's sidecars."""
    connections = ec2.Connections(
        security_groups=ecs_service.connections.security_groups,
        default_port=ec2.Port.tcp(port),  # with it, `allow_default_port_from` works
    )
    if sidecars_talk:  # they say how many calls arrive in which zone, and which service changes
        connections.allow_internally(ec2.Port.tcp(SIDECAR_PORT), "Traffic by zone, between proxies")
    return connections


def allow_clients(
    proxy: ec2.IConnectable,
    clients: Sequence[ec2.IConnectable],
    *,
    ports: Sequence[int],
    shared: bool,
) -> None:
    """Let `clients` call `proxy`, and let their own security groups call it.

    The CDK puts the rules between two stacks into the stack of the construct whose method is called. If the
    proxy's security group is in another stack than the proxy (`shared`), which every stack can refer to, the
    rules go into the client's stack. Otherwise they go into the proxy's, which then depends on the client's.
    """
    for client in clients:
        for port in ports:
            tcp, description = ec2.Port.tcp(port), "gRPC through the proxy"
            if shared:
                client.connections.allow_to(proxy, tcp, description)
            else:
                proxy.connections.allow_from(client, tcp, description)


def private_blocks(vpc: ec2.IVpc) -> list[str]:
    """Return the IPv4 blocks of the private subnets of `vpc`; empty if the CDK does not know them."""
    subnets = [*vpc.private_subnets, *vpc.isolated_subnets]
    try:
        blocks = [subnet.ipv4_cidr_block for subnet in subnets]
    except RuntimeError:  # as jsii raises the CDK's error about an imported subnet without its block
        return []
    if any(map(is_token, blocks)):
        return blocks
    # The CDK's stand-ins of a VPC that is not looked up yet have host bits.
    networks = (IPv4Network(block, strict=False) for block in blocks)
    return [str(network) for network in collapse_addresses(networks)]


def unreachable(services: Sequence[RoutedService], vpc: ec2.IVpc) -> Iterator[Finding]:
    """Yield each of `services` that no rule of a proxy in `vpc` could name."""
    unnamed = [service for service in services if not (service.connections or service.plan.cidrs)]
    if unnamed and not private_blocks(vpc):
        for service in unnamed:
            yield (
                ("services", service.plan.name, "security_group"),
                "missing, and the blocks of the VPC's private subnets are not known; give it, or cidrs",
            )


def allow_services(
    proxy: ec2.IConnectable,
    services: Sequence[RoutedService],
    ports: Sequence[Sequence[PortRange]],
    *,
    vpc: ec2.IVpc,
    name: str,
    shared: bool,
) -> None:
    """Let `proxy`, whose name is `name`, call each of `services` and check it, at its `ports`.

    If its security group is `shared`, the rules go into the services' stack, so that a service can be
    removed while the proxy runs. Otherwise they go into the proxy's, so that it depends on the services'
    stack and not the other way round.

    Services that share a security group without rules need one outbound rule together: to this group, at
    every port, because each service's own group lets the proxy in only at its ports.

    A service without a security group of its own is in `cidrs`, or else somewhere in the private subnets of
    `vpc`: the proxy may connect to these addresses at its ports, and the service's owner lets the proxy in.
    """
    _allow_upstream_groups(proxy, services)
    for service, opened, what in _rules_of_their_own(services, ports):
        port, description = _port(opened), f"{what} from the proxy {name}"
        if service.connections and _upstream_group(service):
            _let_in(service.connections, proxy, port, description, shared=shared)
        elif service.connections and shared:
            service.connections.allow_from(proxy, port, description)
        elif service.connections:
            proxy.connections.allow_to(service.connections, port, description)
        else:
            for block in service.plan.cidrs or private_blocks(vpc):
                proxy.connections.allow_to(ec2.Peer.ipv4(block), port, f"{what} from the proxy")


def _upstream_group(service: RoutedService) -> ec2.ISecurityGroup | None:
    return service.upstream_security_group if isinstance(service, SharingService) else None


def _let_in(
    service: ec2.Connections, proxy: ec2.IConnectable, port: ec2.Port, description: str, *, shared: bool
) -> None:
    """Write the inbound rules of `service` alone, by the same rule for their stack as the CDK's."""
    for group in service.security_groups:
        for peer in proxy.connections.security_groups:
            group.add_ingress_rule(peer, port, description, not shared)


def _allow_upstream_groups(proxy: ec2.IConnectable, services: Sequence[RoutedService]) -> None:
    """Write an outbound rule of `proxy` for each security group that some of `services` share.

    `Connections.allow_to` would also write an inbound rule into that group, for every port of its tasks.
    """
    groups = {service.plan.security_group: _upstream_group(service) for service in services}
    for group in filter(None, groups.values()):
        for own in proxy.connections.security_groups:
            own.add_egress_rule(group, ec2.Port.all_tcp(), "gRPC to the services")


def _rules_of_their_own(
    services: Sequence[RoutedService], ports: Sequence[Sequence[PortRange]]
) -> Iterator[tuple[RoutedService, PortRange, str]]:
    """Yield each of `services` with each of its ports, and what these are for.

    It leaves out a service's ports if an earlier one has them and the same security group.

    EC2 refuses a rule that is there already, and the CDK knows only by the construct that it is: a group
    that is imported twice has two.
    """
    seen: set[tuple[tuple[str, ...], PortRange]] = set()
    for service, own in zip(services, ports, strict=True):
        groups = _groups(service.connections) if service.connections else ()
        for opened, what in zip(own, ("gRPC", "Health checks"), strict=False):
            if not groups or (groups, opened) not in seen:
                yield service, opened, what
            seen.add((groups, opened))


def _groups(connections: ec2.Connections) -> tuple[str, ...]:
    return tuple(group.security_group_id for group in connections.security_groups)


def twice(clients: Sequence[ec2.IConnectable]) -> Iterator[Finding]:
    """Yield each of `clients` whose security group an earlier one has, as when it is imported twice."""
    seen: set[tuple[str, ...]] = set()
    for number, client in enumerate(clients):
        groups = _groups(client.connections)
        if groups and groups in seen:
            yield ("clients", number), "its security group is given twice; remove one of them"
        seen.add(groups)


def _port(opened: PortRange) -> ec2.Port:
    if opened.first == opened.last:
        return ec2.Port.tcp(opened.first)
    return ec2.Port.tcp_range(opened.first, opened.last)


def warn_if_closed(scope: Construct, security_group: ec2.ISecurityGroup, *, ports: Sequence[int]) -> None:
    """Warn when the app is synthesized if no rule lets a client reach one of `ports` of `security_group`."""
    if isinstance(security_group.node.default_child, ec2.CfnSecurityGroup):
        scope.node.add_validation(_Closed(scope, security_group, ports))


@jsii.implements(IValidation)
class _Closed:
    """Looks for a rule when every construct is there: a client may be defined after the proxy."""

    def __init__(self, scope: Construct, security_group: ec2.ISecurityGroup, ports: Sequence[int]) -> None:
        self._scope, self._group, self._ports = scope, security_group, ports

    def validate(self) -> list[str]:
        """Return no error; add a warning to the proxy."""
        if not self._is_open():
            Annotations.of(self._scope).add_warning_v2("ecs-envoy:nobodyMayCall", NOBODY)
        return []

    def _is_open(self) -> bool:
        group = self._group.node.default_child
        assert isinstance(group, ec2.CfnSecurityGroup)  # noqa: S101  # `warn_if_closed` has looked
        inline = cast("list[dict[str, float]]", Stack.of(group).resolve(group.security_group_ingress) or [])
        if any(self._opens(rule.get("fromPort"), rule.get("toPort")) for rule in inline):
            return True
        return any(
            isinstance(rule, ec2.CfnSecurityGroupIngress)
            and rule.group_id == self._group.security_group_id
            and self._opens(rule.from_port, rule.to_port)
            for rule in self._scope.node.root.node.find_all()
        )

    def _opens(self, first: float | None, last: float | None) -> bool:
        return first is None or last is None or any(first <= port <= last for port in self._ports)
