"""Who may call the proxy, by the rules of all stacks together."""

from typing import Any

import pytest

from tests.conftest import Templates
from tests.deployed import LESSONS, VPC, synthesized

GROUP = "sg-0123456789abcdef0"
GRADING = {"image": "example.com/grading:1", "grpc_services": ["b.v1.B"], "calls": ["lessons"]}


def rules(templates: Templates, kind: str) -> list[tuple[str, dict[str, Any]]]:
    """Return each rule of `kind` (Ingress, Egress) at the proxy's port, with the stack that it stands in."""
    found: list[tuple[str, dict[str, Any]]] = []
    for stack, template in templates.items():
        for resource in template["Resources"].values():
            properties = resource.get("Properties", {})
            if resource["Type"] == f"AWS::EC2::SecurityGroup{kind}":
                found.append((stack, properties))
            if resource["Type"] == "AWS::EC2::SecurityGroup":
                found += ((stack, rule) for rule in properties.get(f"SecurityGroup{kind}", []))
    return [(stack, rule) for stack, rule in found if rule.get("FromPort") == 50061]


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Templates:
    return synthesized(
        tmp_path_factory.mktemp("clients") / "app",
        name="open",
        network={"vpc_id": VPC},
        proxy={"port": 50061, "clients": [GROUP, "10.9.0.0/16"]},
        services={"lessons": LESSONS, "grading": {**GRADING, "proxy_address_variable": "GRPC"}},
    )


def test_each_client_gets_one_inbound_rule_and_only_our_own_groups_get_outbound_ones(
    templates: Templates,
) -> None:
    sources = [rule.get("CidrIp") or rule["SourceSecurityGroupId"] for _, rule in rules(templates, "Ingress")]
    assert GROUP in sources
    assert "10.9.0.0/16" in sources
    assert len(sources) == 3
    ((stack, _),) = rules(templates, "Egress")
    assert stack == "open-services"


def test_the_rules_of_clients_that_exist_need_no_other_stack(templates: Templates) -> None:
    by_source = {
        source: stack
        for stack, rule in rules(templates, "Ingress")
        if isinstance(source := rule.get("CidrIp") or rule["SourceSecurityGroupId"], str)
    }
    assert by_source == {GROUP: "open-proxy", "10.9.0.0/16": "open-network"}


def test_the_rules_of_a_service_that_calls_stand_in_its_own_stack(templates: Templates) -> None:
    """Otherwise the network's stack, or the proxy's, would hold a service that is to be removed."""
    stacks = [
        stack
        for stack, rule in rules(templates, "Ingress")
        if isinstance(rule.get("SourceSecurityGroupId"), dict)
    ]
    assert stacks == ["open-services"]


def test_a_service_that_calls_gets_the_proxys_address_in_the_variable_that_it_names(
    templates: Templates,
) -> None:
    variables = [
        container["Environment"]
        for resource in templates["open-services"]["Resources"].values()
        if resource["Type"] == "AWS::ECS::TaskDefinition"
        for container in resource["Properties"]["ContainerDefinitions"]
        if "Environment" in container and container["Name"] == "service"
    ]
    assert [[variable["Name"] for variable in found] for found in variables] == [["GRPC"]]
    assert "grpc." in str(variables)
    assert ":50061" in str(variables)
