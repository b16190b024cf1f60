"""The rules of security groups: who may connect to whom."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any

from ecs_envoy.review.assembly.json_value import Json
from ecs_envoy.review.assembly.references import reference
from ecs_envoy.review.comment.page import code
from ecs_envoy.review.comparison import Side
from ecs_envoy.review.facts.values import entries, text

ANYWHERE = ("0.0.0.0/0", "::/0")
_ALL = "-1"
_NUMBERS = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6"}
_NOBODY = "255.255.255.255/32"  # the CDK writes this rule to say that nothing may leave


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A rule of a security group.

    Attributes:
        inbound: Whether it lets others in; otherwise it lets those in the group out.
        group: The group's id in the combined template, or in AWS.
        peer: The other side: a range of addresses, a prefix list, or a group as in `group`.
        protocol: `tcp`, `udp`, another one, or `-1` for all.
        first: The first port.
        last: The last port.

    """

    inbound: bool
    group: str
    peer: str
    protocol: str
    first: int
    last: int

    @property
    def from_anywhere(self) -> bool:
        """Whether the other side is every address."""
        return self.peer in ANYWHERE

    @property
    def all_ports(self) -> bool:
        """Whether it allows every port."""
        return self.protocol == _ALL or (self.first <= 1 and self.last >= 65535)

    @property
    def ports(self) -> str:
        """The ports in words, such as `on port 50051`."""
        if self.protocol == _ALL:
            return "on every port and protocol"
        kind = "" if self.protocol == "tcp" else f"{self.protocol.upper()} "
        if self.protocol.startswith("icmp"):
            return f"by {self.protocol.upper()}"
        if self.all_ports:
            return f"on every {kind}port"
        if self.first == self.last:
            return f"on {kind}port {self.first}"
        return f"on {kind}ports {self.first} to {self.last}"

    def covers(self, other: "Rule") -> bool:
        """Return whether it allows everything that `other` allows."""
        return (
            self.inbound == other.inbound
            and self.group == other.group
            and _contains(self.peer, other.peer)
            and (
                self.protocol == _ALL
                or (self.protocol == other.protocol and self.first <= other.first and other.last <= self.last)
            )
        )


def _contains(wide: str, narrow: str) -> bool:
    if wide == narrow:
        return True
    try:
        outer, inner = ip_network(wide, strict=False), ip_network(narrow, strict=False)
    except ValueError:
        return False  # a group, a prefix list, or an address that only the deployment knows
    return outer.version == inner.version and inner.subnet_of(outer)  # pyright: ignore[reportArgumentType]


def rules(side: Side) -> list[Rule]:
    """Return every rule of a side's security groups, whether it is in a group or a resource of its own."""
    resources: Mapping[str, Any] = side.template["Resources"]
    found: list[Rule] = []
    with_egress: set[str] = set()
    groups: list[str] = []
    for resource_id, definition in resources.items():
        properties: Mapping[str, Any] = definition.get("Properties", {})
        match definition["Type"]:
            case "AWS::EC2::SecurityGroup":
                groups.append(resource_id)
                if properties.get("SecurityGroupEgress"):
                    with_egress.add(resource_id)
                for inbound, name in ((True, "SecurityGroupIngress"), (False, "SecurityGroupEgress")):
                    for entry in entries(properties, name):
                        found += _rule(side, resource_id, entry, inbound=inbound)
            case "AWS::EC2::SecurityGroupIngress":
                found += _rule(side, _id(side, properties.get("GroupId")), properties, inbound=True)
            case "AWS::EC2::SecurityGroupEgress":
                group = _id(side, properties.get("GroupId"))
                with_egress.add(group)
                found += _rule(side, group, properties, inbound=False)
            case _:
                pass
    # Without a rule of its own, a new group lets everything out (CloudFormation, AWS::EC2::SecurityGroup).
    for group in groups:
        if group not in with_egress:
            found.append(
                Rule(inbound=False, group=group, peer=ANYWHERE[0], protocol=_ALL, first=0, last=65535)
            )
    return found


def _rule(side: Side, group: str, entry: Mapping[str, Any], *, inbound: bool) -> Iterator[Rule]:
    if entry.get("CidrIp") == _NOBODY:
        return
    protocol = str(entry.get("IpProtocol", _ALL))
    protocol = _NUMBERS.get(protocol, protocol)
    first, last = entry.get("FromPort", 0), entry.get("ToPort", 65535)
    for key in (
        "CidrIp",
        "CidrIpv6",
        "SourceSecurityGroupId",
        "DestinationSecurityGroupId",
        "SourcePrefixListId",
        "DestinationPrefixListId",
    ):
        if entry.get(key) is not None:
            yield Rule(
                inbound=inbound,
                group=group,
                peer=_id(side, entry[key]),
                protocol=protocol,
                first=_port(first, 0),
                last=_port(last, 65535),
            )


def _port(value: Json, otherwise: int) -> int:
    number = int(value) if isinstance(value, int | str) and str(value).lstrip("-").isdecimal() else otherwise
    return otherwise if number < 0 else number


def _id(side: Side, value: Json) -> str:
    """Return the id of a group in the combined template, or else the value as text."""
    found = reference(value)
    if found is not None and found in side.template["Resources"]:
        kind = side.template["Resources"][found]["Type"]
        if kind == "AWS::EC2::SecurityGroup":
            return found
    return text(value, side.assembly.stacks)


def is_group(rule: Rule, side: Side) -> bool:
    """Return whether the other side of a rule is a security group."""
    return rule.peer.startswith("sg-") or rule.peer in side.template["Resources"]


def address(rule: Rule) -> str:
    """Return the other side of a rule, if it is no group, as a sentence says it."""
    if rule.from_anywhere:
        return f"any address ({code(rule.peer)})"
    return code(rule.peer)
