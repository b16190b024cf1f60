"""What a stack gives to another: nobody keeps an old value of it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import read_templates
from tests.deployed import LESSONS, OTHER_VPC, VPC, CloudFormation, synthesized
from tests.emulator import Emulator
from tests.emulator import emulator as emulator

COURSES = {"courses": LESSONS}  # the namespace has lessons already
NAMESPACE = {"name": "test.local", "id": "ns-0123456789abcdef"}


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        pytest.param("namespace", {}, {"namespace": {"name": "renamed.local"}}, id="namespace renamed"),
        pytest.param("vpc", {}, {"network": {"new": {"cidr": "10.90.0.0/16"}}}, id="VPC replaced"),
        pytest.param(
            "cluster",
            {"network": {"vpc_id": VPC}},
            {"network": {"vpc_id": VPC, "ecs_cluster": "shared"}},
            id="ECS cluster replaced",
        ),
        pytest.param(
            "group",
            {"network": {"vpc_id": VPC}, "namespace": NAMESPACE, "services": COURSES},
            {"network": {"vpc_id": OTHER_VPC}, "namespace": NAMESPACE, "services": COURSES},
            id="proxy's security group replaced",
        ),
    ],
)
def test_a_replacement_in_the_network_is_refused_while_another_stack_uses_the_old_one(
    emulator: Emulator, tmp_path: Path, name: str, before: dict[str, Any], after: dict[str, Any]
) -> None:
    old = synthesized(tmp_path / "before", name=name, **before)
    new = synthesized(tmp_path / "after", name=name, **after)
    cloud_formation = CloudFormation(emulator)
    cloud_formation.create(old, f"{name}-network", f"{name}-services", f"{name}-proxy")
    network = cloud_formation.outputs(f"{name}-network")
    assert cloud_formation.update(new, f"{name}-network") == "UPDATE_ROLLBACK_COMPLETE"
    assert "as it is in use by" in cloud_formation.reasons(f"{name}-network")
    assert cloud_formation.outputs(f"{name}-network") == network


def test_a_service_can_be_removed_while_the_proxy_runs(emulator: Emulator, tmp_path: Path) -> None:
    both = {"lessons": LESSONS, "grading": {**LESSONS, "grpc_services": ["b.v1.B"]}}
    old = synthesized(tmp_path / "before", name="fewer", services=both)
    new = synthesized(tmp_path / "after", name="fewer")
    cloud_formation = CloudFormation(emulator)
    cloud_formation.create(old, "fewer-network", "fewer-services", "fewer-proxy")
    assert cloud_formation.update(new, "fewer-services") == "UPDATE_COMPLETE"


API = {"image": "a/b:1", "http_only": True, "health_path": "/", "proxy_address_variable": "A"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param({"api": API}, {}, id="the API goes"),
        pytest.param({}, {"services": {"lessons": {**LESSONS, "discovery": "dns", "tasks": 2}}}, id="DNS"),
    ],
)
def test_what_another_stack_stops_to_use_is_still_exported(
    tmp_path: Path, before: dict[str, Any], after: dict[str, Any]
) -> None:
    """This stack is deployed first, while the other one still imports what it did."""

    def exports(folder: str, changes: dict[str, Any]) -> set[str]:
        template = synthesized(tmp_path / folder, name="goes", **changes)["goes-network"]
        return {o["Export"]["Name"] for o in template.get("Outputs", {}).values() if "Export" in o}

    assert exports("before", before) <= exports("after", after)


def found(value: Any, function: str) -> Iterator[Any]:  # noqa: ANN401
    """Yield the argument of each call of the CloudFormation function `function` in `value`."""
    if isinstance(value, dict):
        values: dict[str, Any] = value  # pyright: ignore[reportUnknownVariableType]
        yield from ([values[function]] if function in values else ())
        value = list(values.values())
    for part in value if isinstance(value, list) else ():  # pyright: ignore[reportUnknownVariableType]
        yield from found(part, function)


def test_only_the_network_is_held_by_exports(assembly: Path) -> None:
    templates = read_templates(assembly)
    imported = {name.partition(":")[0] for name in found(list(templates.values()), "Fn::ImportValue")}
    assert {name.partition("-")[2] for name in imported} == {"network"}


def test_what_is_referred_to_weakly_is_never_replaced(assembly: Path) -> None:
    templates = read_templates(assembly)
    for reference in found(list(templates.values()), "Fn::GetStackOutput"):
        producer = templates[reference["StackName"]]
        value = producer["Outputs"][reference["OutputName"]]["Value"]
        resource = producer["Resources"][value["Ref"] if "Ref" in value else value["Fn::GetAtt"][0]]
        # CloudFormation replaces an ECS service that it named itself only together with its ECS cluster, and
        # that one is held by an export. It never replaces a log group that it named itself.
        assert resource["Type"] in {"AWS::ECS::Service", "AWS::Logs::LogGroup"}
        assert not {"ServiceName", "LogGroupName"} & resource["Properties"].keys()
