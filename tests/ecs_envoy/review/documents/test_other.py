"""Each kind of other document: what differs, and what the comment says."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from ecs_envoy.plan.packed_bootstrap import pack
from ecs_envoy.review.comparison import Comparison
from ecs_envoy.review.documents.comparing import documents, envoy_documents
from ecs_envoy.review.sections import DocumentChange
from tests.ecs_envoy.review.documents.bootstraps import bootstrap, cluster
from tests.ecs_envoy.review.templates import Stacks, comparisons, resource

pytestmark = pytest.mark.process

DISCOVERY = {"namespace": "ns-1", "services": [{"name": "lessons", "port": 1}], "interval": 1.0}
COLLECTOR = {
    "receivers": {"prometheus": {"config": {"scrape_configs": [{"job_name": "envoy"}]}}},
    "exporters": {"awsemf": {"namespace": "A"}},
    "service": {"pipelines": {"metrics": {"receivers": ["prometheus"], "exporters": ["awsemf"]}}},
}
SCRIPT = "#!/bin/bash\n" + "sleep 1\n" * 40


def task(*containers: Mapping[str, object]) -> Stacks:
    """Return an ECS service with one task definition."""
    return {
        "app": {
            "Task": resource("ECS::TaskDefinition", Family="a", ContainerDefinitions=list(containers)),
            "Service": resource("ECS::Service", ServiceName="grpc", TaskDefinition={"Ref": "Task"}),
        }
    }


def container(name: str, *command: object, **environment: object) -> dict[str, object]:
    variables = [{"Name": key, "Value": value} for key, value in environment.items()]
    return {"Name": name, "Image": "x:1", "Command": list(command), "Environment": variables}


def policy(*statements: Mapping[str, object]) -> Stacks:
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    return {"app": {"P": resource("IAM::Policy", PolicyName="p", PolicyDocument=document)}}


def allow(*actions: str, on: object = "*") -> dict[str, object]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": on}


def alarm(**properties: object) -> Stacks:
    usual: dict[str, Any] = {
        "AlarmName": "cpu",
        "MetricName": "CPUUtilization",
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": 60,
        "EvaluationPeriods": 5,
        "Period": 60,
        "AlarmActions": [{"Ref": "Topic"}],
    }
    topics = {name: resource("SNS::Topic", DisplayName=name) for name in ("Topic", "Other")}
    return {"app": {"A": resource("CloudWatch::Alarm", **{**usual, **properties}), **topics}}


def dashboard(*widgets: Mapping[str, object]) -> Stacks:
    # As the CDK writes it: a text with references in it.
    body = {"Fn::Join": ["", [json.dumps({"widgets": list(widgets)})[:-1], ', "start": "-PT8H"}']]}
    return {"app": {"D": resource("CloudWatch::Dashboard", DashboardName="d", DashboardBody=body)}}


def widget(title: str, *metrics: str, x: int = 0) -> dict[str, object]:
    rows = [["NS", metric, {"label": metric}] for metric in metrics]
    return {"type": "metric", "x": x, "properties": {"title": title, "metrics": rows}}


def query(text: str) -> Stacks:
    return {"app": {"Q": resource("Logs::QueryDefinition", Name="slow", QueryString=text)}}


TWO_SERVICES = {**DISCOVERY, "services": [*DISCOVERY["services"], {"name": "grading", "port": 2}]}  # type: ignore[misc]
OTHER_PORT = {**DISCOVERY, "interval": 5}
PACKED = pack('[{"name": "lessons", "port": 9}]')
TWO_JOBS = json.loads(json.dumps(COLLECTOR).replace('"envoy"}', '"envoy"}, {"job_name": "discovery"}'))
XRAY = {
    **COLLECTOR,
    "exporters": {"awsemf": {"namespace": "A"}, "awsxray": {}},
    "service": {"pipelines": {"metrics": {"receivers": ["prometheus"], "exporters": ["awsxray", "awsemf"]}}},
}
AGENT = container("datadog-agent", DD_SITE="datadoghq.eu")
RULES = "groups:\n- name: a\n  rules: []\n" + "# a comment that makes it long\n" * 9


CASES: dict[str, tuple[Stacks, Stacks, tuple[str, ...]]] = {
    "a service more to discover": (
        task(container("discovery", json.dumps(DISCOVERY))),
        task(container("discovery", json.dumps(TWO_SERVICES))),
        ("+1 service `grading`",),
    ),
    "other settings of discovery": (
        task(container("discovery", json.dumps(DISCOVERY))),
        task(container("discovery", json.dumps({**OTHER_PORT, "services": PACKED}))),
        ("asks every `1s` → `5s`", "`lessons`: port `1` → `9`"),
    ),
    "a job more to scrape": (
        task(container("collector", AOT_CONFIG_CONTENT=json.dumps(COLLECTOR))),
        task(container("collector", AOT_CONFIG_CONTENT=json.dumps(TWO_JOBS))),
        ("+1 scraped job `discovery`",),
    ),
    "an exporter more": (
        task(container("collector", AOT_CONFIG_CONTENT=json.dumps(COLLECTOR))),
        task(container("collector", AOT_CONFIG_CONTENT=json.dumps(XRAY))),
        ("+1 exporter `awsxray`", "pipeline `metrics`: +1 exporter `awsxray`"),
    ),
    "a script": (
        task(container("drain", SCRIPT)),
        task(container("drain", SCRIPT + "exit 1\n")),
        ("its script differs",),
    ),
    "an agent's variable": (
        task(AGENT),
        task(container("datadog-agent", DD_SITE="datadoghq.com")),
        ("`DD_SITE`: `datadoghq.eu` → `datadoghq.com`",),
    ),
    "an action more": (
        policy(allow("s3:GetObject")),
        policy(allow("s3:PutObject", "s3:GetObject")),
        ("`allow on *`: added `s3:PutObject`",),
    ),
    "another resource": (
        policy(allow("s3:GetObject", on="arn:a")),
        policy(allow("s3:GetObject", on="arn:b")),
        ("added: `allow s3:GetObject on arn:b`", "removed: `allow s3:GetObject on arn:a`"),
    ),
    "statements in another form": (
        policy(allow("s3:GetObject", "s3:PutObject")),
        policy(allow("s3:PutObject"), allow("s3:GetObject")),
        (),
    ),
    "a threshold": (alarm(), alarm(Threshold=80), ("`cpu`: threshold `60` → `80`",)),
    "a period": (alarm(), alarm(Period=300), ("`cpu`: period `1m` → `5m`",)),
    "whom an alarm tells": (
        alarm(),
        alarm(AlarmActions=[{"Ref": "Other"}]),
        ("`cpu`: action `${Topic}` → `${Other}`",),
    ),
    "an alarm with another name": (
        {"app": {"Old": alarm(AlarmName="prod_grpc_cpu")["app"]["A"]}},
        {"app": {"New": alarm(AlarmName="prod_edge_cpu")["app"]["A"]}},
        ("`prod_edge_cpu`: named by `edge` instead of `grpc`, else as before",),
    ),
    "an alarm that goes": (
        alarm(),
        {"app": {name: definition for name, definition in alarm()["app"].items() if name != "A"}},
        ("`cpu` is gone: `CPUUtilization > 60 in 5 of 5 periods of 1m, tells ${Topic}`",),
    ),
    "a widget": (
        dashboard(widget("Calls", "a")),
        dashboard(widget("Calls", "a"), widget("CPU", "b", x=6)),
        ("+1 widget `CPU`",),
    ),
    "a metric": (
        dashboard(widget("Calls", "a"), widget("CPU", "a")),
        dashboard(widget("Calls", "b", "a"), widget("CPU", "a")),
        ("`Calls`: +1 metric `b`",),
    ),
    "all metrics of a widget": (
        dashboard(widget("Calls", "a")),
        dashboard(widget("Calls", "b")),
        ("`Calls`: +1 metric `b`, -1 metric `a`",),
    ),
    "a layout": (dashboard(widget("Calls", x=0)), dashboard(widget("Calls", x=6)), ("the layout differs",)),
}

DIFFS: dict[str, tuple[Stacks, Stacks, str]] = {
    "a log query": (
        query("fields @message\n| limit 20"),
        query("fields @message\n| limit 50"),
        " fields @message\n-| limit 20\n+| limit 50",
    ),
    "any document in YAML": (
        {"app": {"R": resource("APS::RuleGroupsNamespace", Data=RULES)}},
        {"app": {"R": resource("APS::RuleGroupsNamespace", Data=RULES.replace("[]", "[{alert: up}]"))}},
        " groups:\n   a:\n     rules:\n+      - alert: up",
    ),
    "settings without a rule": (
        task(container("discovery", json.dumps({**DISCOVERY, "x": 1}))),
        task(container("discovery", json.dumps({**DISCOVERY, "x": 2}))),
        "@@ command 0 @@\n-x: 1\n+x: 2",
    ),
}


def proxies(*names: str, timeout: str = "1s", ids: tuple[str, ...] = ()) -> Stacks:
    """Return proxies, each with a bootstrap in which the timeout to connect is `timeout`."""
    resources: dict[str, Any] = {}
    for name, logical_id in zip(names, ids or names, strict=True):
        text = bootstrap(lambda v: cluster(v).update(connect_timeout=timeout))
        text["node"]["cluster"] = name
        envoy = container("envoy", "--config-yaml", json.dumps(text))
        task_id = f"{logical_id}Task"
        resources[task_id] = resource("ECS::TaskDefinition", Family=logical_id, ContainerDefinitions=[envoy])
        resources[logical_id] = resource("ECS::Service", TaskDefinition={"Ref": task_id})
    return {"app": resources}


def by_hand(timeout: str) -> Stacks:
    """Return an ECS service with a bootstrap in YAML that somebody wrote by hand."""
    text = yaml.safe_dump(bootstrap(lambda v: cluster(v).update(connect_timeout=timeout)))
    return task(container("envoy", "-l", "info", "--config-yaml", text))


PROXIES: dict[str, tuple[Stacks, Stacks, dict[str, str]]] = {
    "the same resource": (
        proxies("grpc"),
        proxies("grpc", timeout="2s"),
        {"`grpc`": "`lessons`: connect timeout `1s` → `2s`"},
    ),
    "by name, since its id has changed": (
        proxies("grpc", "edge", ids=("A", "B")),
        proxies("grpc", "edge", ids=("C", "B"), timeout="2s"),
        {
            "`edge`": "`lessons`: connect timeout `1s` → `2s`",
            "`grpc`": "`lessons`: connect timeout `1s` → `2s`",
        },
    ),
    "a sole proxy with another name": (
        proxies("grpc"),
        proxies("edge"),
        {"`edge`": "the proxy: named `grpc` → `edge`"},
    ),
    "a bootstrap in YAML": (
        by_hand("1s"),
        by_hand("2s"),
        {"`grpc`": "`lessons`: connect timeout `1s` → `2s`"},
    ),
    "a proxy that is new": (proxies("grpc"), proxies("grpc", "edge"), {}),
}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Comparison]:
    pairs = {name: (base, head) for name, (base, head, *_) in {**CASES, **DIFFS, **PROXIES}.items()}
    return comparisons(tmp_path_factory.mktemp("cases"), pairs)


def lines(changes: tuple[DocumentChange, ...]) -> tuple[str, ...]:
    return tuple(line for change in changes for line in change.lines)


@pytest.mark.parametrize("case", CASES)
def test_what_differs_in_a_document_is_said_in_lines(found: dict[str, Comparison], case: str) -> None:
    changes = documents(found[case])
    assert (lines(changes), [change.diff for change in changes if change.diff]) == (CASES[case][2], [])


@pytest.mark.parametrize("case", DIFFS)
def test_what_no_rule_words_is_a_diff(found: dict[str, Comparison], case: str) -> None:
    (change,) = documents(found[case])
    assert (change.lines, change.diff) == ((), DIFFS[case][2])


@pytest.mark.parametrize("case", PROXIES)
def test_proxies_are_paired(found: dict[str, Comparison], case: str) -> None:
    assert {change.title: change.lines[0] for change in envoy_documents(found[case])} == PROXIES[case][2]


def test_a_bootstrap_has_its_own_section(found: dict[str, Comparison]) -> None:
    assert documents(found["the same resource"]) == documents(found["a bootstrap in YAML"]) == ()
