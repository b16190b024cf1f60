"""What is above AWS's limits in synthesized templates, and which key of the file to change."""

import json
from pathlib import Path
from typing import Any

import pytest

from ecs_envoy import Excess, excesses
from ecs_envoy.configuration.model import Configuration
from ecs_envoy.configuration.stacks.sizes import template_findings
from ecs_envoy.plan.limits.quotas import QUOTAS, RESOURCES, RULES

TOPIC = {"Type": "AWS::SNS::Topic"}
IMPORTED = {"Fn::ImportValue": "prod-network:Group"}


def written(folder: Path, **templates: Any) -> Path:  # noqa: ANN401
    for stack, template in templates.items():
        (folder / f"prod-{stack}.template.json").write_text(json.dumps(template))
    return folder


def found(folder: Path, **templates: Any) -> list[tuple[str, str, str, int]]:  # noqa: ANN401
    return [
        (excess.stack, excess.resource, excess.quota.what, excess.found)
        for excess in excesses(written(folder, **templates))
    ]


def many(number: int, value: object = TOPIC) -> dict[str, Any]:
    return {f"R{index}": value for index in range(number)}


def resource(kind: str, **properties: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"Resources": {"R": {"Type": kind, "Properties": properties}}}


def dashboard(*widgets: dict[str, Any]) -> dict[str, Any]:
    """Return a template with a dashboard of `widgets`, in which the last character is a reference."""
    body = json.dumps({"widgets": [{"properties": widget} for widget in widgets], "start": "-"})
    joined: dict[str, Any] = {"Fn::Join": ["", [body[:-3], {"Ref": "AWS::Region"}, body[-2:]]]}
    return resource("AWS::CloudWatch::Dashboard", DashboardBody=joined)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        pytest.param({"Resources": many(490)}, None, id="490 resources"),
        pytest.param({"Resources": many(491)}, ("", "resources of a stack", 491), id="491 resources"),
        pytest.param({"Outputs": many(196, {"Value": 1})}, ("", "outputs of a stack", 196), id="outputs"),
        pytest.param({"Parameters": many(196, {})}, ("", "parameters of a stack", 196), id="parameters"),
        pytest.param(
            resource("AWS::ECS::TaskDefinition", ContainerDefinitions=[{}] * 11),
            ("R", "containers of a task definition", 11),
            id="containers",
        ),
        pytest.param(
            resource(
                "AWS::ECS::Service",
                NetworkConfiguration={"AwsvpcConfiguration": {"SecurityGroups": ["sg-1"] * 6}},
            ),
            ("R", "security groups of a task", 6),
            id="groups of a task",
        ),
        pytest.param(
            resource("AWS::IAM::ManagedPolicy", PolicyDocument="x" * 6143),
            ("R", "characters of a managed policy", 6145),
            id="managed policy",
        ),
        pytest.param(
            resource("AWS::IAM::Policy", PolicyDocument="x" * 10_239),
            ("R", "characters of a role's inline policies", 10_241),
            id="inline policy",
        ),
        pytest.param(
            dashboard(*[{"title": "Calls"}] * 501), ("R", "widgets of a dashboard", 501), id="widgets"
        ),
        pytest.param(
            dashboard({"metrics": [["a", "b"]] * 501}), ("R", "metrics of a widget", 501), id="metrics"
        ),
        pytest.param(
            dashboard(*[{"metrics": [["a", "b"]] * 417}] * 6),
            ("R", "metrics of a dashboard", 2502),
            id="metrics of all widgets",
        ),
        pytest.param(dashboard({"alarms": ["a"] * 101}), ("R", "alarms of a widget", 101), id="alarms"),
        pytest.param(
            resource("AWS::Logs::MetricFilter", FilterPattern="x" * 1025),
            ("R", "characters of a metric filter's pattern", 1025),
            id="pattern",
        ),
    ],
)
def test_a_template_above_a_limit_is_found(
    template: dict[str, Any], expected: tuple[str, str, int] | None, tmp_path: Path
) -> None:
    assert found(tmp_path, proxy=template) == ([("prod-proxy", *expected)] if expected else [])


def test_a_template_of_more_than_a_megabyte_is_found(tmp_path: Path) -> None:
    ((stack, _, what, size),) = found(tmp_path, api={"Description": "x" * 950_000})
    assert (stack, what) == ("prod-api", "bytes of a template")
    assert size > 950_000


def rules(kind: str, number: int, group: object) -> dict[str, Any]:
    rule = {"Type": f"AWS::EC2::SecurityGroup{kind}", "Properties": {"GroupId": group}}
    return {f"{kind}{number}{index}": rule for index in range(number)}


@pytest.mark.parametrize(("others", "expected"), [(29, []), (30, [("prod-network", "G", RULES.what, 61)])])
def test_the_rules_of_a_group_are_counted_in_every_stack(
    others: int, expected: list[object], tmp_path: Path
) -> None:
    group: dict[str, Any] = {"Type": "AWS::EC2::SecurityGroup", "Properties": {"SecurityGroupEgress": [{}]}}
    own = {"Fn::GetAtt": ["G", "GroupId"]}
    network: dict[str, Any] = {
        "Resources": {"G": group, **rules("Egress", 30, own), **rules("Ingress", 60, own)},
        "Outputs": {"Group": {"Value": own, "Export": {"Name": "prod-network:Group"}}},
    }
    services = {"Resources": rules("Egress", others, IMPORTED)}
    assert found(tmp_path, network=network, services=services) == expected


@pytest.mark.parametrize(
    ("stack", "resource_name", "key", "cure"),
    [
        ("prod-services", "", ("service_stacks",), "service_stacks before the first deployment"),
        ("prod-services-2", "", ("service_stacks",), "`stack` with the number of another stack"),
        ("prod-proxy", "", ("proxy",), "several proxies"),
        ("prod-monitoring", "", ("service_stacks",), "service_stacks before the first deployment"),
        ("prod-monitoring-2", "", ("service_stacks",), "`stack` with the number of another stack"),
        ("prod-monitoring-2", "R", ("telemetry", "cloudwatch"), "`stack` with the number of another stack"),
        ("prod-api", "R", ("api",), "less text"),
        ("prod-network", "", ("network",), "several proxies"),
    ],
)
def test_fails_with_the_key_and_the_cure(
    stack: str, resource_name: str, key: tuple[str, ...], cure: str
) -> None:
    configuration = Configuration.model_validate(
        {
            "environment": "prod",
            "region": "eu-west-1",
            "account": "111122223333",
            "namespace": {"name": "learning.local"},
            "service_stacks": 2,
            "telemetry": {"cloudwatch": {}},
        }
    )
    excess = Excess(stack=stack, quota=RESOURCES, found=600, resource=resource_name)
    ((path, message),) = template_findings(configuration, [excess])
    assert path == key
    assert f'{stack}: 600 resources of a stack, and AWS takes 500, of which 10 are kept free ("' in message
    assert cure in message


def test_every_quota_is_in_the_table_of_the_docs() -> None:
    page = (Path(__file__).parents[3] / "docs/limits.md").read_text()
    missing = [
        quota.what
        for quota in QUOTAS
        if not any(
            f"| {quota.what} |" in line and f"{quota.most:,}" in line and quota.page in line
            for line in page.splitlines()
        )
    ]
    assert not missing
