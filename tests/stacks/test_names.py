"""Names that are unique in an account and region: two environments never have the same."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest
import yaml
from aws_cdk import App

from app import define_stacks
from ecs_envoy.configuration import load_configuration
from tests.conftest import CONFIGURATIONS, ROOT, read_templates

UNIQUE_IN_ITS_PARENT = {
    "AWS::ServiceDiscovery::Service",  # in its namespace
    "AWS::ServiceDiscovery::PrivateDnsNamespace",  # in its VPC; Cloud Map adds a hash to its HttpName
    "AWS::IAM::Policy",  # in its role
    "AWS::APS::RuleGroupsNamespace",  # in its workspace
    "AWS::ApplicationAutoScaling::ScalingPolicy",  # for its target
    "AWS::Route53::RecordSet",  # in its zone, by its identifier; two environments have two zones
}
NAMES = ("Name", "Family", "Alias", "Id")


def physical_names(
    config: Path, environment: str, folder: Path, proxy: str | None = None
) -> list[tuple[str, str]]:
    """Return the type and the name of each resource whose template gives it a name in the account."""
    values = yaml.safe_load(config.read_text()) | {"environment": environment}
    if proxy:
        values["proxy"]["name"] = proxy
    file = folder / f"{environment}.yaml"
    file.write_text(yaml.safe_dump(values))
    context = json.loads((ROOT / "cdk.json").read_text())["context"]
    context |= json.loads((ROOT / "cdk.context.json").read_text())
    app = App(outdir=str(folder / environment), context=context, analytics_reporting=False)
    define_stacks(app, load_configuration(file))
    app.synth()
    templates = read_templates(folder / environment)
    found = [
        (resource["Type"], value)
        for template in templates.values()
        for resource in template["Resources"].values()
        for key, value in resource.get("Properties", {}).items()
        if resource["Type"] not in UNIQUE_IN_ITS_PARENT
        and isinstance(value, str)
        and (key in NAMES or (key.endswith("Name") and f"{resource['Type'].rpartition('::')[2]}Name" == key))
    ]
    exports = (
        output.get("Export", {})
        for template in templates.values()
        for output in template.get("Outputs", {}).values()
    )
    return [
        *found,
        *(("export", export["Name"]) for export in exports if export),
        *(("stack", s) for s in templates),
    ]


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_the_same_file_as_dev_and_stage_has_no_name_twice(name: str, tmp_path: Path) -> None:
    config = ROOT / f"config/{name}.yaml"
    names = [found for env in ("dev", "stage") for found in physical_names(config, env, tmp_path)]
    assert {"export", "stack", "AWS::ECS::TaskDefinition"} <= {kind for kind, _ in names}
    assert not [found for found, count in Counter(names).items() if count > 1]


def test_hyphens_do_not_make_the_names_of_two_environments_equal(tmp_path: Path) -> None:
    config = ROOT / "config/telemetry.yaml"
    first = physical_names(config, "blue-eu", tmp_path, proxy="grpc")
    second = physical_names(config, "blue", tmp_path, proxy="eu-grpc")
    assert {"AWS::CloudWatch::Alarm", "AWS::CloudWatch::Dashboard"} <= {kind for kind, _ in first}
    assert not set(first) & set(second)


def test_metrics_of_two_environments_do_not_mix(tmp_path: Path) -> None:
    config = ROOT / "config/telemetry.yaml"
    for environment in ("dev", "stage"):
        physical_names(config, environment, tmp_path)
    dev, stage = (json.dumps(read_templates(tmp_path / name)) for name in ("dev", "stage"))
    # The collector labels metrics with it, and alarms, the dashboard and the metric filter look for it.
    assert dev.count("dev/grpc.observed.local") > 10
    in_dns = r'grpc\.observed\.local:50051|[a-z]+\.grpc\.observed\.local|CNAME": "grpc\.observed\.local"'
    assert "grpc.observed.local" not in re.sub(rf"dev/grpc\.observed\.local|{in_dns}", "", dev)
    assert "dev/grpc" not in stage


def test_the_samples_do_not_share_a_namespace() -> None:
    files = [yaml.safe_load(path.read_text()) for path in sorted((ROOT / "config").glob("*.yaml"))]
    assert len(files) == len({file["namespace"]["name"] for file in files}) == len(CONFIGURATIONS) + 2
