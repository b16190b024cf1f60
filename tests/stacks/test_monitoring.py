"""Each backend's switch alone, and all of them together."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.conftest import (
    BACKENDS,
    BIN,
    Assembly,
    Envoy,
    Templates,
    proxy_container,
    read_templates,
    resources,
)
from tests.deployed import synthesized


@pytest.fixture(scope="module", params=BACKENDS)
def alone(request: pytest.FixtureRequest, assembly_of: Assembly) -> Path:
    """The assembly of config/telemetry.yaml with one backend."""
    return assembly_of(str(request.param))


def test_each_backend_alone_is_valid_and_finds_favour_with_nag_and_lint(
    alone: Path, envoy: Envoy, tmp_path: Path
) -> None:
    report = json.loads((alone / "validation-report.json").read_text())
    assert {plugin["conclusion"] for plugin in report["pluginReports"]} == {"success"}
    envoy.validate(proxy_container(read_templates(alone))["Command"][1], tmp_path)
    # Those that differ from what is linted elsewhere.
    templates = [str(path) for path in alone.glob("*.template.json") if "-network" not in path.name]
    done = subprocess.run([BIN / "cfn-lint", *templates], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_backend_brings_nothing_of_another(alone: Path) -> None:
    kinds = {
        "datadog": "datadog",
        "prometheus": "aps:RemoteWrite",
        "tracing": "xray:PutTraceSegments",
        "cloudwatch": "AWS::CloudWatch::Dashboard",
    }
    text = json.dumps(read_templates(alone))
    assert sum(mark in text for mark in kinds.values()) == 1


def test_alarms_notify_the_topic_that_is_given(tmp_path: Path) -> None:
    topic = "arn:aws:sns:eu-west-1:111122223333:alarms"
    templates = synthesized(tmp_path / "app", name="given", telemetry={"cloudwatch": {"topic": topic}})
    alarms = resources(templates, "AWS::CloudWatch::Alarm")
    assert {tuple(alarm["AlarmActions"]) for alarm in alarms} == {(topic,)}
    assert not resources(templates, "AWS::SNS::Topic")
    assert templates["given-monitoring"]["Outputs"]["Topic"]["Value"] == topic


def test_the_rest_of_the_task_definition_fits_what_is_kept_for_it(telemetry: Templates) -> None:
    from ecs_envoy.plan.envoy_command import RESERVED_BYTES

    (definition,) = [
        d for d in resources(telemetry, "AWS::ECS::TaskDefinition") if "collector" in json.dumps(d)
    ]
    told = [
        *next(c for c in definition["ContainerDefinitions"] if c["Name"] == "envoy")["Command"],
        *next(c for c in definition["ContainerDefinitions"] if c["Name"] == "discovery")["Command"],
    ]
    (collector,) = [
        variable["Value"]
        for container in definition["ContainerDefinitions"]
        for variable in container.get("Environment", [])
        if variable["Name"] == "AOT_CONFIG_CONTENT"
    ]
    rest = len(json.dumps(definition)) - sum(len(json.dumps(text)) for text in [*told, collector])
    assert rest < RESERVED_BYTES


def test_datadogs_key_is_in_no_template(telemetry: Templates) -> None:
    tasks = resources(telemetry, "AWS::ECS::TaskDefinition")
    agents = [c for d in tasks for c in d["ContainerDefinitions"] if c["Name"] == "datadog-agent"]
    assert len(agents) == 3
    for agent in agents:
        assert [secret["Name"] for secret in agent["Secrets"]] == ["DD_API_KEY"]
        assert "DD_API_KEY" not in {variable["Name"] for variable in agent["Environment"]}


def test_every_container_has_a_log(telemetry: Templates) -> None:
    for definition in resources(telemetry, "AWS::ECS::TaskDefinition"):
        for container in definition["ContainerDefinitions"]:
            assert container["LogConfiguration"]["LogDriver"] == "awslogs", container["Name"]


def test_container_insights_are_enhanced_where_cloudwatch_is_on(
    telemetry: Templates, example: Templates
) -> None:
    def insights(templates: Templates) -> str:
        (cluster,) = resources(templates, "AWS::ECS::Cluster")
        return cluster["ClusterSettings"][0]["Value"]

    assert (insights(telemetry), insights(example)) == ("enhanced", "enabled")


def test_only_the_named_group_may_scrape(telemetry: Templates) -> None:
    rules = [r for r in resources(telemetry, "AWS::EC2::SecurityGroupIngress") if r["FromPort"] == 9903]
    assert [rule["SourceSecurityGroupId"] for rule in rules] == ["sg-0123456789abcdef0"]
