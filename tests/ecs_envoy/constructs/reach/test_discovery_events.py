"""ECS's events for the discovery sidecars, in constructs."""

import json

import pytest
from aws_cdk import App, Stack
from aws_cdk.assertions import Template

from discovery.settings import parse
from ecs_envoy import Network
from tests.ecs_envoy.constructs.factories import containers, grpc_service, proxy_with
from tests.ecs_envoy.constructs.test_discovery_constructs import command


@pytest.mark.parametrize(
    ("zone_aware", "events", "rules"),
    [
        pytest.param(True, False, 1, id="they say where calls arrive"),
        pytest.param(False, True, 1, id="they say which service changes"),
        pytest.param(False, False, 0, id="they say nothing"),
    ],
)
def test_sidecars_may_connect_to_each_other_only_if_they_have_to(
    stack: Stack, network: Network, zone_aware: bool, events: bool, rules: int
) -> None:
    service = grpc_service(stack, network, max_tasks=20, load_balancing={"zone_aware": zone_aware})
    proxy_with(stack, network, service, discovery_events=events)
    Template.from_stack(stack).resource_properties_count_is(
        "AWS::EC2::SecurityGroupIngress", {"FromPort": 9902}, rules
    )


def test_events_of_the_ecs_cluster_go_to_a_queue_that_only_the_rule_fills_and_only_the_proxy_reads(
    stack: Stack, network: Network
) -> None:
    proxy_with(stack, network, grpc_service(stack, network))
    template = Template.from_stack(stack)
    (rule,) = template.find_resources("AWS::Events::Rule").items()
    (queue,) = template.find_resources("AWS::SQS::Queue").items()
    (policy,) = template.find_resources("AWS::SQS::QueuePolicy").values()
    pattern, queue_arn = rule[1]["Properties"]["EventPattern"], {"Fn::GetAtt": [queue[0], "Arn"]}
    assert (pattern["source"], pattern["detail-type"]) == (["aws.ecs"], ["ECS Task State Change"])
    assert pattern["detail"]["group"] == [{"prefix": "service:"}]
    assert {"ACTIVATING", "RUNNING", "DEACTIVATING"} < set(pattern["detail"]["lastStatus"])
    (cluster,) = pattern["detail"]["clusterArn"]
    assert ":cluster/" in json.dumps(cluster)
    (target,) = rule[1]["Properties"]["Targets"]
    assert target["Arn"] == queue_arn
    assert "overrides" not in json.dumps(target)
    assert queue[1]["Properties"] == {"MessageRetentionPeriod": 60, "SqsManagedSseEnabled": True}
    allow, deny = policy["Properties"]["PolicyDocument"]["Statement"]
    assert allow == {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": [rule[0], "Arn"]}}},
    }
    assert (deny["Effect"], deny["Principal"], deny["Action"]) == ("Deny", "*", "sqs:*")
    assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    rights = [
        statement
        for name, role in template.find_resources("AWS::IAM::Policy").items()
        for statement in role["Properties"]["PolicyDocument"]["Statement"]
        if "sqs" in json.dumps(statement["Action"]) and name.startswith("ProxyTaskDefinitionTaskRole")
    ]
    assert rights == [
        {"Effect": "Allow", "Action": ["sqs:ReceiveMessage", "sqs:DeleteMessage"], "Resource": queue_arn}
    ]


def test_no_service_changes_the_rule_or_the_queue() -> None:
    def made(*names: str) -> list[object]:
        stack = Stack(App(), "Stack")
        network = Network(stack, "Network", namespace_name="learning.local")
        services = [grpc_service(stack, network, name, grpc_services=[f"a.{name}"]) for name in names]
        proxy_with(stack, network, *services)
        template = Template.from_stack(stack)
        kinds = ("AWS::Events::Rule", "AWS::SQS::Queue", "AWS::SQS::QueuePolicy")
        return [template.find_resources(kind) for kind in kinds]

    assert made("lessons") == made("grading", "lessons", "progress")


def test_without_events_there_is_no_queue(stack: Stack, network: Network) -> None:
    proxy_with(stack, network, grpc_service(stack, network), discovery_events=False)
    text = json.dumps(Template.from_stack(stack).to_json())
    assert "sqs" not in text.lower()
    settings = parse(command(containers(stack, "ProxyTaskDefinition")["discovery"]))
    assert (settings.queue, settings.ecs_cluster) == ("", "")
