"""What `config/swap.yaml` opens and makes beside a system that exists already."""

from collections.abc import Iterator
from typing import Any

import yaml

from tests.conftest import ROOT, Templates

SWAP = yaml.safe_load((ROOT / "config/swap.yaml").read_text())
PROXY = "the proxy"
PORT = 50051
ANYWHERE, NOBODY = "0.0.0.0/0", "255.255.255.255/32"


def rules(templates: Templates) -> Iterator[tuple[str, str, str, tuple[int, int]]]:
    """Yield each rule of every template: its kind, whose it is, the other side, its first and last port."""
    for template in templates.values():
        for resource in template["Resources"].values():
            properties = resource.get("Properties", {})
            for kind in ("Ingress", "Egress"):
                if resource["Type"] == f"AWS::EC2::SecurityGroup{kind}":
                    yield _rule(kind, properties, _side(properties["GroupId"]))
                if resource["Type"] == "AWS::EC2::SecurityGroup":
                    for rule in properties.get(f"SecurityGroup{kind}", []):
                        if rule.get("CidrIp") != NOBODY:  # the group for services that the file deploys
                            yield _rule(kind, rule, PROXY)


def _rule(kind: str, rule: dict[str, Any], owner: str) -> tuple[str, str, str, tuple[int, int]]:
    key = "SourceSecurityGroupId" if kind == "Ingress" else "DestinationSecurityGroupId"
    other = rule.get("CidrIp") or _side(rule[key])
    return kind, owner, other, (rule["FromPort"], rule["ToPort"])


def _side(group: str | dict[str, Any]) -> str:
    return group if isinstance(group, str) else PROXY


def test_every_client_reaches_the_proxy_it_reaches_every_service_and_nothing_else_is_open(
    swap: Templates,
) -> None:
    (client,) = SWAP["proxy"]["clients"]
    services = [
        (service["security_group"], service.get("port", PORT))
        for service in SWAP["existing_services"].values()
    ]
    assert len(services) == 6
    # Outbound rules of groups that exist belong to their owners, who let clients out to the load balancers.
    assert sorted(rules(swap)) == sorted(
        [
            ("Ingress", PROXY, client, (PORT, PORT)),
            *(("Ingress", group, PROXY, (port, port)) for group, port in services),
            *(("Egress", PROXY, group, (port, port)) for group, port in services),
            ("Egress", PROXY, ANYWHERE, (443, 443)),  # images, secrets, logs, Cloud Map and ECS
            # The sidecars of the proxy's tasks tell each other how many calls arrive in which zone.
            ("Ingress", PROXY, PROXY, (9902, 9902)),
            ("Egress", PROXY, PROXY, (9902, 9902)),
        ]
    )


def test_it_makes_only_these_resources_and_changes_none_that_exists(swap: Templates) -> None:
    made = {
        stack: {resource["Type"] for resource in template["Resources"].values()} - {"AWS::CDK::Metadata"}
        for stack, template in swap.items()
    }
    assert made == {
        "prod-network": {  # the proxy's group, in which its sidecars reach each other
            "AWS::EC2::SecurityGroup",
            "AWS::EC2::SecurityGroupEgress",
            "AWS::EC2::SecurityGroupIngress",
        },
        "prod-services": {"AWS::EC2::SecurityGroupEgress", "AWS::EC2::SecurityGroupIngress"},
        "prod-proxy": {
            "AWS::EC2::SecurityGroupIngress",
            "AWS::ECS::Service",
            "AWS::ECS::TaskDefinition",
            "AWS::Events::Rule",  # sends ECS's events to the queue
            "AWS::IAM::Policy",
            "AWS::IAM::Role",
            "AWS::Logs::LogGroup",
            "AWS::Logs::QueryDefinition",
            "AWS::SQS::Queue",
            "AWS::SQS::QueuePolicy",
            "AWS::ServiceDiscovery::Instance",  # names of the services, in the namespace
            "AWS::ServiceDiscovery::Service",
        },
        "prod-cut-over": {"AWS::Route53::RecordSet"},
    }


def test_the_records_are_new_ones_of_names_that_clients_dial(swap: Templates) -> None:
    resources = swap["prod-cut-over"]["Resources"].values()
    records = [found["Properties"] for found in resources if found["Type"] == "AWS::Route53::RecordSet"]
    # A record with an identifier stands beside those that exist; without one it would take their place.
    assert all(record["SetIdentifier"] for record in records)
    moves = [service["cut_over"] for service in SWAP["existing_services"].values()]
    assert sorted(
        (record["Name"], *record["ResourceRecords"], record["Weight"]) for record in records
    ) == sorted(
        (move["name"], target, weight)
        for move in moves
        for target, weight in ((move["from"], 100), ("grpc.prod.learning.local", 0))
    )
