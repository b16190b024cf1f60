import json
import re
from datetime import timedelta
from typing import Any

import pytest
from aws_cdk import Stack
from aws_cdk.assertions import Template

from ecs_envoy import (
    AccessLog,
    AlarmThresholds,
    GrpcService,
    Network,
    ProxyMonitoring,
    ServiceMonitoring,
    Telemetry,
)
from ecs_envoy.monitoring.proxy_alarms import RUNBOOK_NAMES
from ecs_envoy.telemetry.log_queries import log_queries
from envoy_config.access_log import FIELDS
from tests.conftest import ROOT
from tests.ecs_envoy.constructs.factories import BY_DNS, grpc_service, proxy_with
from tests.ecs_envoy.constructs.topic_policy import Request, allows

ACCOUNT = "111122223333"


def test_each_kind_of_alarm_has_a_runbook() -> None:
    pages = {page.stem for page in (ROOT / "docs/runbooks").glob("*.md")}
    assert pages == set(RUNBOOK_NAMES)


def test_the_saved_query_has_each_field_that_a_runbook_reads() -> None:
    pages = "".join(page.read_text() for page in (ROOT / "docs/runbooks").glob("*.md"))
    fields = {name for name in FIELDS if re.search(f"`{name}[`:]", pages)}
    assert {"response_flags", "details", "client", "upstream_task"} <= fields
    query = log_queries(AccessLog())["failed and slow calls"]
    (shown,) = re.findall(r"fields (.*)", query)
    assert fields <= set(shown.split(", "))


def monitored(stack: Stack, network: Network, **options: Any) -> ProxyMonitoring:  # noqa: ANN401
    service = grpc_service(stack, network, **BY_DNS)
    proxy = proxy_with(stack, network, service, telemetry=Telemetry(cloudwatch=True))
    values: dict[str, Any] = {"ecs_services": {"lessons": service.ecs_service}, **options}
    return ProxyMonitoring(stack, "Monitoring", proxy=proxy, dashboard_name="test", **values)


def test_each_alarm_notifies_its_topic_and_names_its_runbook(stack: Stack, network: Network) -> None:
    monitoring = monitored(stack, network)
    alarms = Template.from_stack(stack).find_resources("AWS::CloudWatch::Alarm")
    assert len(alarms) == len(monitoring.alarms) == 9
    for alarm in alarms.values():
        properties = alarm["Properties"]
        assert re.search(r"Runbook: docs/runbooks/[a-z-]+\.md$", properties["AlarmDescription"])
        assert properties["AlarmActions"] == properties["OKActions"]
        assert "Ref" in properties["AlarmActions"][0]


def test_a_service_may_be_called_proxy(stack: Stack, network: Network) -> None:
    service = grpc_service(stack, network, name="proxy", **BY_DNS)
    proxy = proxy_with(stack, network, service, telemetry=Telemetry(cloudwatch=True))
    ProxyMonitoring(stack, "Monitoring", proxy=proxy, ecs_services={"proxy": service.ecs_service})
    alarms = Template.from_stack(stack).find_resources("AWS::CloudWatch::Alarm")
    names = {alarm["Properties"]["AlarmName"] for alarm in alarms.values()}
    assert len(names) == len(alarms) == 9


@pytest.mark.parametrize(
    ("account", "by_tls", "allowed"),
    [
        pytest.param(ACCOUNT, "true", True, id="an alarm of this account"),
        pytest.param("999999999999", "true", False, id="an alarm of another account"),
        pytest.param(ACCOUNT, "false", False, id="without TLS"),
    ],
)
def test_cloudwatch_may_publish_to_the_topic_for_its_own_account_by_tls(
    stack: Stack, network: Network, account: str, by_tls: str, allowed: bool
) -> None:
    monitored(stack, network)
    (policy,) = Template.from_stack(stack).find_resources("AWS::SNS::TopicPolicy").values()
    # The account is known only at deployment, because the test's stack has no `env`.
    document = json.loads(
        json.dumps(policy["Properties"]["PolicyDocument"]).replace(
            '{"Ref": "AWS::AccountId"}', f'"{ACCOUNT}"'
        )
    )
    request = Request(
        service="cloudwatch.amazonaws.com",
        action="sns:Publish",
        context={"aws:SourceAccount": account, "aws:SecureTransport": by_tls},
    )
    assert allows(document, request) is allowed


def test_skew_is_that_of_tasks_and_not_of_samples_for_ten_minutes_outside_deployments(
    stack: Stack, network: Network
) -> None:
    monitored(stack, network, thresholds=AlarmThresholds(skew=1.4))
    alarms = Template.from_stack(stack).find_resources("AWS::CloudWatch::Alarm")
    (skew,) = [a["Properties"] for a in alarms.values() if a["Properties"]["AlarmName"].endswith("skew")]
    assert (skew["Threshold"], skew["EvaluationPeriods"], skew["DatapointsToAlarm"]) == (1.4, 10, 10)
    metrics = {m["Id"]: m for m in skew["Metrics"]}
    stats = {
        name: (
            m["MetricStat"]["Metric"]["Namespace"],
            m["MetricStat"]["Metric"]["MetricName"],
            m["MetricStat"]["Stat"],
        )
        for name, m in metrics.items()
        if "MetricStat" in m
    }
    # The maximum of AWS/ECS CPUUtilization is the highest sample, not the busiest task.
    assert stats == {
        "mean_lessons": ("AWS/ECS", "CPUUtilization", "Average"),
        "roll_lessons": ("ECS/ContainerInsights", "DeploymentCount", "Maximum"),
    }
    query = "".join(
        part if isinstance(part, str) else "..."
        for part in metrics["most_lessons"]["Expression"]["Fn::Join"][1]
    )
    assert query == (
        'SELECT MAX(TaskCpuUtilization) FROM "ECS/ContainerInsights" '
        "WHERE ClusterName = '...' AND ServiceName = '...'"
    )
    (watched,) = [m["Expression"] for m in skew["Metrics"] if m.get("ReturnData", True)]
    assert watched == "IF(FILL(roll_lessons, 1) < 2 AND mean_lessons > 5, most_lessons / mean_lessons, 1)"


def test_no_alarm_has_what_cloudwatch_refuses_in_alarms(stack: Stack, network: Network) -> None:
    monitored(stack, network)
    for alarm in Template.from_stack(stack).find_resources("AWS::CloudWatch::Alarm").values():
        expressions = [
            json.dumps(m["Expression"]) for m in alarm["Properties"].get("Metrics", []) if "Expression" in m
        ]
        assert not [text for text in expressions if "SEARCH(" in text]
        assert sum("SELECT" in text for text in expressions) <= 1


def test_percentiles_come_from_the_sample_in_the_log(stack: Stack, network: Network) -> None:
    monitored(stack, network, thresholds=AlarmThresholds(p99=timedelta(milliseconds=250)))
    template = Template.from_stack(stack)
    template.has_resource_properties(
        "AWS::Logs::MetricFilter",
        {"FilterPattern": '{ ($.reason = "sample") && ($.grpc_status != "CANCELLED") }'},
    )
    alarms = template.find_resources("AWS::CloudWatch::Alarm")
    (slow,) = [
        a["Properties"] for a in alarms.values() if a["Properties"]["AlarmName"].endswith("slow-calls")
    ]
    assert slow["Threshold"] == 250
    (metric,) = slow["Metrics"]
    assert metric["MetricStat"]["Stat"] == "p99"
    assert metric["MetricStat"]["Metric"]["MetricName"] == "duration_ms.test/grpc.test.local"


def test_fails_to_monitor_a_proxy_that_sends_no_metrics_to_cloudwatch(stack: Stack, network: Network) -> None:
    with pytest.raises(ValueError, match="Monitoring: proxy: grpc sends no metrics to CloudWatch"):
        ProxyMonitoring(
            stack,
            "Monitoring",
            proxy=proxy_with(stack, network, grpc_service(stack, network)),
            ecs_services={},
            dashboard_name="test",
        )


def test_services_in_another_stack_notify_the_same_topic_by_alarms_that_are_called_the_same(
    stack: Stack, network: Network
) -> None:
    first = monitored(stack, network, services=[], ecs_services={})
    other = Stack(stack.node.root, "Other")  # pyright: ignore[reportArgumentType]  # an App
    (service,) = first.proxy.services
    assert isinstance(service, GrpcService)
    here = ServiceMonitoring(
        other,
        "Monitoring",
        proxy_monitoring=first,
        services=["lessons"],
        ecs_services={"lessons": service.ecs_service},
    )
    alarms = Template.from_stack(other).find_resources("AWS::CloudWatch::Alarm").values()
    assert len(alarms) == len(here.alarms) == 5
    assert len(first.alarms) == 4
    names = {alarm["Properties"]["AlarmName"] for alarm in alarms}
    assert names == {
        f"test_lessons_{kind}"
        for kind in ("errors", "slow-calls", "no-healthy-endpoint", "tasks-missing", "skew")
    }
    (notified,) = {json.dumps(alarm["Properties"]["AlarmActions"]) for alarm in alarms}
    assert "MonitoringAlarms" in notified
    assert not Template.from_stack(other).find_resources("AWS::SNS::Topic")
    dashboards = [
        json.dumps(dashboard["Properties"])
        for each in (stack, other)
        for dashboard in Template.from_stack(each).find_resources("AWS::CloudWatch::Dashboard").values()
    ]
    assert "dashboards whose names begin with **test_**" in dashboards[0]
    assert "are on the dashboard **test**" in dashboards[1]
    assert '"DashboardName": "Other_grpc"' in dashboards[1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(
            {"services": ["grading"]},
            "Services: services[0]: 'grading' is no service of the proxy; give some of lessons",
            id="services",
        ),
        pytest.param(
            {"services": [], "ecs_services": {"lessons": None}},
            "Services: ecs_services.lessons: ",
            id="ecs_services",
        ),
        pytest.param(
            {"proxy_monitoring": "Monitoring"},
            "Services: proxy_monitoring: 'Monitoring' is not a ProxyMonitoring; give one such as",
            id="proxy_monitoring",
        ),
    ],
)
def test_fails_to_monitor_services_that_the_proxy_does_not_have(
    stack: Stack, network: Network, arguments: dict[str, Any], message: str
) -> None:
    given: dict[str, Any] = {
        "proxy_monitoring": monitored(stack, network),
        "services": ["lessons"],
        "ecs_services": {},
    }
    with pytest.raises(ValueError, match=re.escape(message)):
        ServiceMonitoring(stack, "Services", **{**given, **arguments})
