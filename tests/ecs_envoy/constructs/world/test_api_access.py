"""How callers reach the API: its ALB, its name, its web ACL."""

from pathlib import Path

import pytest

from tests.ecs_envoy.configuration.test_configuration import GOOD
from tests.ecs_envoy.constructs.world.from_yaml import Deployed

ACL = "arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/api/1234abcd-12ab"
API = "api:\n  image: example.com/api:1\n"
HTTP = API + "  http_only: true\n"
HTTPS = API + "  certificate: arn:aws:acm:eu-west-1:111122223333:certificate/0f1e\n"


def _open_to(deployed: Deployed) -> set[tuple[str, int]]:
    """Return who may reach the ALB, and at which port."""
    balancer = deployed.only("api", "AWS::ElasticLoadBalancingV2::LoadBalancer")
    (group,) = (
        g
        for g in deployed.resources("api", "AWS::EC2::SecurityGroup")
        if "AutomaticallyCreated" in g["GroupDescription"].replace(" ", "").title().replace("_", "")
        or "ELB" in g["GroupDescription"]
    )
    assert balancer["SecurityGroups"]
    return {(str(rule["CidrIp"]), rule["FromPort"]) for rule in group["SecurityGroupIngress"]}


@pytest.mark.parametrize(
    ("text", "listeners", "ports"),
    [
        pytest.param(HTTP, {80: "forward"}, {80}, id="HTTP only"),
        pytest.param(HTTPS, {80: "redirect", 443: "forward"}, {80, 443}, id="HTTPS"),
    ],
)
@pytest.mark.parametrize("internal", [True, False], ids=["internal", "public"])
def test_an_alb_listens_where_the_file_says_and_lets_in_whom_it_says(
    internal: bool, text: str, listeners: dict[int, str], ports: set[int], tmp_path: Path
) -> None:
    deployed = Deployed(GOOD + text + f"  internal: {str(internal).lower()}\n", tmp_path)
    found = deployed.resources("api", "AWS::ElasticLoadBalancingV2::Listener")
    assert {listener["Port"]: listener["DefaultActions"][0]["Type"] for listener in found} == listeners
    balancer = deployed.only("api", "AWS::ElasticLoadBalancingV2::LoadBalancer")
    assert balancer["Scheme"] == ("internal" if internal else "internet-facing")
    names = "PrivateSubnet" if internal else "PublicSubnet"
    assert all(names in str(subnet) for subnet in balancer["Subnets"])
    opened = _open_to(deployed)
    assert {port for _, port in opened} == ports
    assert ({source for source, _ in opened} == {"0.0.0.0/0"}) is not internal


def test_an_alb_has_a_name_in_a_zone_that_exists_and_a_web_acl(tmp_path: Path) -> None:
    zone = "hosted_zone: example.com, hosted_zone_id: Z0123456789ABCDEFGHIJ"
    text = HTTP + f"  domain: {{name: api.example.com, {zone}}}\n  web_acl: {ACL}\n"
    deployed = Deployed(GOOD + text, tmp_path)
    record = deployed.only("api", "AWS::Route53::RecordSet")
    assert (record["Name"], record["Type"]) == ("api.example.com.", "A")
    assert record["HostedZoneId"] == "Z0123456789ABCDEFGHIJ"
    assert "DNSName" in record["AliasTarget"]
    association = deployed.only("api", "AWS::WAFv2::WebACLAssociation")
    assert association["WebACLArn"] == ACL
    assert "LoadBalancer" in str(association["ResourceArn"])
    assert not deployed.all("AWS::Route53::HostedZone")


def test_nothing_of_an_alb_is_made_that_the_file_does_not_ask_for(tmp_path: Path) -> None:
    deployed = Deployed(GOOD + HTTPS, tmp_path)
    for kind in ("AWS::Route53::RecordSet", "AWS::WAFv2::WebACLAssociation"):
        assert not deployed.all(kind)
