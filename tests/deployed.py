"""A small environment, synthesized and deployed to the emulator by CloudFormation's own API."""

import json
from pathlib import Path
from typing import Any

import yaml
from aws_cdk import App

from app import define_stacks
from ecs_envoy.configuration import load_configuration
from tests.conftest import ROOT, Templates, read_templates
from tests.emulator import ACCOUNT, REGION, Emulator, client
from tests.waiting import until

LESSONS = {
    "image": "example.com/lessons:1",
    "grpc_services": ["a.v1.A"],
    "discovery": "dns",
    "stop_timeout": "2m",
}
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


BUCKET = "templates"


class CloudFormation:
    def __init__(self, emulator: Emulator) -> None:
        self._client = client(emulator, "cloudformation")
        self._s3 = client(emulator, "s3")
        if BUCKET not in [bucket["Name"] for bucket in self._s3.list_buckets()["Buckets"]]:
            self._s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        self._address = emulator.aws.endpoint

    def create(self, templates: Templates, *stacks: str) -> None:
        for name in stacks:
            self._client.create_stack(**self._request(name, templates))
            assert self._ended(name) == "CREATE_COMPLETE", self.reasons(name)

    def update(self, templates: Templates, stack: str) -> str:
        """Update `stack`; return how that ended."""
        self._client.update_stack(**self._request(stack, templates))
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

    def _request(self, name: str, templates: Templates) -> dict[str, Any]:
        # The parameter of the CDK's bootstrap stack is missing here.
        body = {key: value for key, value in templates[name].items() if key not in {"Parameters", "Rules"}}
        # As the CDK does it: a request itself may have 51,200 bytes of a template ("CreateStack").
        self._s3.put_object(Bucket=BUCKET, Key=name, Body=json.dumps(body).encode())
        url = f"{self._address}/{BUCKET}/{name}"
        return {"StackName": name, "TemplateURL": url, "Capabilities": ["CAPABILITY_IAM"]}
