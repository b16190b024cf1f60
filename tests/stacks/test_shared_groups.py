"""Services that exist and share a security group, as the containers of one EC2 instance do."""

import json

import pytest

from tests.conftest import Templates
from tests.deployed import VPC, synthesized

GROUP = "sg-0123456789abcdef0"


def shared() -> dict[str, object]:
    return {"instance_ports": {}, "security_group": GROUP}


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Templates:
    return synthesized(
        tmp_path_factory.mktemp("shared") / "app",
        name="shared",
        network={"vpc_id": VPC},
        namespace={"name": "shared.local", "id": "ns-0123456789abcdef"},
        proxy={"clients": [GROUP]},
        services={},
        existing_services={
            "lessons": {"cloud_map_service": "lessons", "grpc_services": ["a.v1.A"], **shared()},
            "grading": {"cloud_map_service": "grading", "grpc_services": ["b.v1.B"], **shared()},
        },
    )


@pytest.mark.parametrize("kind", ["Ingress", "Egress"])
def test_no_rule_is_there_twice(kind: str, templates: Templates) -> None:
    """EC2 refuses a second one with InvalidPermission.Duplicate, whatever its description says."""
    found = [
        json.dumps({**resource["Properties"], "Description": ""}, sort_keys=True)
        for template in templates.values()
        for resource in template.get("Resources", {}).values()
        if resource["Type"] == f"AWS::EC2::SecurityGroup{kind}"
    ]
    assert found
    assert len(found) == len(set(found))


def test_the_rule_has_the_name_of_the_group_and_not_of_a_service(templates: Templates) -> None:
    """So it stays as it is when one of the services is removed."""
    names = [
        name
        for name, resource in templates["shared-services"]["Resources"].items()
        if resource["Type"].startswith("AWS::EC2::SecurityGroup")
    ]
    assert all(GROUP.replace("-", "") in name for name in names)
