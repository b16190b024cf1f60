"""What a stack gives to another: nobody keeps an old value of it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from aws_cdk import App

from app import define_stacks
from ecs_envoy.configuration import load_configuration
from tests.conftest import ROOT, Templates, read_templates
from tests.emulator import ACCOUNT, REGION, Emulator
from tests.emulator import emulator as emulator
from tests.waiting import until

LESSONS = {"image": "example.com/lessons:1", "grpc_services": ["a.v1.A"], "discovery": "dns"}
VPC, OTHER_VPC = "vpc-0123456789abcdef0", "vpc-0123456789abcdef1"


def synthesized(folder: Path, *, name: str, **changes: Any) -> Templates:  # noqa: ANN401
    """Return the templates of a small environment with `changes` of its blocks."""
    values: dict[str, Any] = {
        "environment": name,
        "region": REGION,
        "account": ACCOUNT,
        "network": {"new": {"cidr": "10.20.0.0/16"}},
        "namespace": {"name": f"{name}.local"},
        "services": {"lessons": LESSONS},
        **changes,
    }
    folder.mkdir()
    file = folder / "config.yaml"
    file.write_text(yaml.safe_dump(values))
    context = json.loads((ROOT / "cdk.json").read_text())["context"]
    for key, vpc in json.loads((ROOT / "cdk.context.json").read_text()).items():
        context |= {key: vpc, key.replace(VPC, OTHER_VPC): {**vpc, "vpcId": OTHER_VPC}}
    app = App(outdir=str(folder / "out"), context=context, analytics_reporting=False)
    define_stacks(app, load_configuration(file))
    app.synth()
    return read_templates(folder / "out")


class CloudFormation:
    def __init__(self, emulator: Emulator) -> None:
        connect: Any = boto3.client  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        self._client = connect(
            "cloudformation",
            endpoint_url=emulator.aws.endpoint,
            region_name=REGION,
            aws_access_key_id=ACCOUNT,
            aws_secret_access_key="x",
        )

    def create(self, templates: Templates, *stacks: str) -> None:
        for name in stacks:
            self._client.create_stack(**_request(name, templates))
            assert self._ended(name) == "CREATE_COMPLETE", self.reasons(name)

    def update(self, templates: Templates, stack: str) -> str:
        """Update `stack`; return how that ended."""
        self._client.update_stack(**_request(stack, templates))
        return self._ended(stack)

    def _ended(self, stack: str) -> str:
        until(lambda: not self._described(stack)["StackStatus"].endswith("_IN_PROGRESS"))
        return self._described(stack)["StackStatus"]

    def _described(self, stack: str) -> dict[str, Any]:
        (described,) = self._client.describe_stacks(StackName=stack)["Stacks"]
        return described

    def reasons(self, stack: str) -> str:
        events = self._client.describe_stack_events(StackName=stack)["StackEvents"]
        return " ".join(event.get("ResourceStatusReason", "") for event in events)

    def outputs(self, stack: str) -> dict[str, str]:
        return {output["OutputKey"]: output["OutputValue"] for output in self._described(stack)["Outputs"]}


def _request(name: str, templates: Templates) -> dict[str, Any]:
    # The parameter of the CDK's bootstrap stack is missing here.
    body = {key: value for key, value in templates[name].items() if key not in {"Parameters", "Rules"}}
    return {"StackName": name, "TemplateBody": json.dumps(body), "Capabilities": ["CAPABILITY_IAM"]}


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
            {"network": {"vpc_id": VPC}, "namespace": NAMESPACE},
            {"network": {"vpc_id": OTHER_VPC}, "namespace": NAMESPACE},
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
