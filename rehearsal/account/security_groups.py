"""Plays the rules of security groups: whether one end of a connection may reach another."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING

from rehearsal.account.aws import Aws

if TYPE_CHECKING:
    from types_boto3_ec2.type_defs import IpPermissionOutputTypeDef, SecurityGroupTypeDef


@dataclass(frozen=True, kw_only=True)
class Party:
    """One end of a connection.

    Tasks listen on loopback here, which no rule names. So a party has an address of the subnet, or of the
    block, that it would be in.

    Attributes:
        name: Its name in messages.
        groups: The ids of its security groups; none for what is outside of AWS or of our sight.
        address: Its address on AWS; None if it is not known.
        prefix_lists: The ids of prefix lists that have its address.

    """

    name: str
    groups: tuple[str, ...] = ()
    address: IPv4Address | None = None
    prefix_lists: tuple[str, ...] = ()


class SecurityGroups:
    """The security groups of an account, as they are when a question is asked."""

    def __init__(self, aws: Aws) -> None:
        self._ec2 = aws.ec2()

    def refusal(self, source: Party, destination: Party, port: int) -> str | None:
        """Return why `source` does not reach `destination` at the TCP port `port`; None if it does.

        On AWS its packets would be dropped, and a client would wait for its deadline.
        """
        between = f"{source.name} cannot reach {destination.name} at port {port}"
        if not self._lets(source, destination, port, outbound=True):
            return f"{between}: {_listed(source.groups)} has no outbound rule for it"
        if not self._lets(destination, source, port, outbound=False):
            return f"{between}: {_listed(destination.groups)} has no inbound rule for it"
        return None

    def _lets(self, owner: Party, other: Party, port: int, *, outbound: bool) -> bool:
        """Return whether a rule of `owner` names `other` at `port`; without groups nothing stops it."""
        if not owner.groups:
            return True
        groups = self._ec2.describe_security_groups(GroupIds=list(owner.groups))["SecurityGroups"]
        return any(_matches(rule, other, port) for group in groups for rule in _rules(group, outbound))


def _listed(groups: Iterable[str]) -> str:
    return " with ".join(groups)


def _rules(group: "SecurityGroupTypeDef", outbound: bool) -> "Sequence[IpPermissionOutputTypeDef]":
    return (group.get("IpPermissionsEgress") if outbound else group.get("IpPermissions")) or ()


def _matches(rule: "IpPermissionOutputTypeDef", other: Party, port: int) -> bool:
    protocol = rule.get("IpProtocol")
    if protocol not in {"tcp", "6", "-1"}:
        return False
    if protocol != "-1" and not rule.get("FromPort", 0) <= port <= rule.get("ToPort", 65535):
        return False
    blocks = [IPv4Network(block.get("CidrIp", "")) for block in rule.get("IpRanges", [])]
    return (
        any(pair.get("GroupId") in other.groups for pair in rule.get("UserIdGroupPairs", []))
        or any(listed.get("PrefixListId") in other.prefix_lists for listed in rule.get("PrefixListIds", []))
        or any(other.address in block for block in blocks if other.address)
    )
