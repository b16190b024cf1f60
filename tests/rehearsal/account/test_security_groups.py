"""The rules of security groups as the rehearsal plays them: who reaches whom."""

from ipaddress import IPv4Address
from typing import Any

import pytest

from rehearsal.account.security_groups import Party, SecurityGroups
from tests.emulator import Emulator, client
from tests.emulator import emulator as emulator

EVERYTHING = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]


def party(emulator: Emulator, name: str, address: str, *, outbound: list[dict[str, Any]]) -> Party:
    """Return a party with a security group of its own, which lets nothing in, and `outbound` out."""
    ec2 = client(emulator, "ec2")
    count = len(ec2.describe_security_groups()["SecurityGroups"])
    group = ec2.create_security_group(
        GroupName=f"{name}-{count}", Description=name, VpcId="vpc-0123456789abcdef0"
    )["GroupId"]
    ec2.revoke_security_group_egress(GroupId=group, IpPermissions=EVERYTHING)
    if outbound:
        ec2.authorize_security_group_egress(GroupId=group, IpPermissions=outbound)
    return Party(name=name, groups=(group,), address=IPv4Address(address))


def tcp(first: int, last: int, **source: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"IpProtocol": "tcp", "FromPort": first, "ToPort": last, **source}


def block(name: str) -> dict[str, Any]:
    return {"IpRanges": [{"CidrIp": name}]}


ITS_GROUP: dict[str, Any] = {"UserIdGroupPairs": [{"GroupId": "its own"}]}
ANOTHER_GROUP: dict[str, Any] = {"UserIdGroupPairs": [{"GroupId": "sg-00000000000000c2"}]}

RULES = [
    pytest.param([], False, id="no rule"),
    pytest.param([tcp(50051, 50051, **ITS_GROUP)], True, id="its group"),
    pytest.param([tcp(50051, 50051, **ANOTHER_GROUP)], False, id="another group"),
    pytest.param([tcp(50052, 50052, **ITS_GROUP)], False, id="another port"),
    pytest.param([tcp(32768, 65535, **ITS_GROUP)], True, id="a range of ports"),
    pytest.param([{"IpProtocol": "-1", **ITS_GROUP}], True, id="every protocol"),
    pytest.param([{**tcp(50051, 50051, **ITS_GROUP), "IpProtocol": "udp"}], False, id="UDP"),
    pytest.param([tcp(50051, 50051, **block("10.20.2.0/23"))], True, id="its block"),
    pytest.param([tcp(50051, 50051, **block("10.20.4.0/24"))], False, id="another block"),
    pytest.param([tcp(50052, 50052, **ITS_GROUP), tcp(50051, 50051, **ITS_GROUP)], True, id="second rule"),
]


def naming(rules: list[dict[str, Any]], other: Party) -> list[dict[str, Any]]:
    """Return `rules` with the group of `other` in the place of `ITS_GROUP`."""
    pairs = [{"GroupId": group} for group in other.groups]
    return [
        {**rule, "UserIdGroupPairs": pairs} if ITS_GROUP.items() <= rule.items() else rule for rule in rules
    ]


@pytest.mark.parametrize(("rules", "reaches"), RULES)
def test_a_client_gets_in_where_an_inbound_rule_names_it(
    emulator: Emulator, rules: list[dict[str, Any]], reaches: bool
) -> None:
    api = party(emulator, "api", "10.20.2.4", outbound=EVERYTHING)
    proxy = party(emulator, "proxy", "10.20.3.4", outbound=[])
    if rules:
        client(emulator, "ec2").authorize_security_group_ingress(
            GroupId=proxy.groups[0], IpPermissions=naming(rules, api)
        )
    refusal = f"api cannot reach proxy at port 50051: {proxy.groups[0]} has no inbound rule for it"
    assert SecurityGroups(emulator.aws).refusal(api, proxy, 50051) == (None if reaches else refusal)


@pytest.mark.parametrize(("rules", "reaches"), RULES)
def test_a_proxy_gets_out_where_an_outbound_rule_names_the_service(
    emulator: Emulator, rules: list[dict[str, Any]], reaches: bool
) -> None:
    lessons = Party(name="lessons", groups=("sg-0123456789abcdef0",), address=IPv4Address("10.20.2.4"))
    proxy = party(emulator, "proxy", "10.20.3.4", outbound=naming(rules, lessons))
    client(emulator, "ec2").authorize_security_group_ingress(
        GroupId="sg-0123456789abcdef0", IpPermissions=EVERYTHING
    )
    refusal = f"proxy cannot reach lessons at port 50051: {proxy.groups[0]} has no outbound rule for it"
    assert SecurityGroups(emulator.aws).refusal(proxy, lessons, 50051) == (None if reaches else refusal)


def test_what_has_no_group_of_ours_is_bound_by_the_other_side_alone(emulator: Emulator) -> None:
    proxy = party(emulator, "proxy", "10.20.3.4", outbound=[tcp(8443, 8443, **block("10.50.0.0/16"))])
    groups = SecurityGroups(emulator.aws)
    for address, reaches in (("10.50.0.4", True), ("10.51.0.4", False)):
        elsewhere = Party(name="elsewhere", address=IPv4Address(address))
        assert (groups.refusal(proxy, elsewhere, 8443) is None) is reaches
