"""ECS's events for the discovery sidecars: a rule of EventBridge sends them to a queue of the proxy."""

from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from ecs_envoy.plan.proxy.discovery_events import EVENT_STATUSES, RETENTION


class DiscoveryEvents(Construct):
    """Defines a queue with the events of all tasks of `ecs_cluster` that belong to an ECS service.

    It does not know the services, so no service that comes or goes changes it.

    Attributes:
        queue: The queue.

    """

    def __init__(self, scope: Construct, construct_id: str, *, ecs_cluster: ecs.ICluster) -> None:
        super().__init__(scope, construct_id)
        self.queue = sqs.CfnQueue(
            self,
            "Queue",
            message_retention_period=int(RETENTION.total_seconds()),
            sqs_managed_sse_enabled=True,
        )
        # From the name: the ARN would be a further export of the network's stack.
        cluster_arn = Stack.of(self).format_arn(
            service="ecs", resource="cluster", resource_name=ecs_cluster.cluster_name
        )
        rule = events.CfnRule(
            self,
            "Rule",
            description="Tasks of the ECS cluster that start or stop, for the proxy's discovery",
            event_pattern={
                "source": ["aws.ecs"],
                "detail-type": ["ECS Task State Change"],
                "detail": {
                    "clusterArn": [cluster_arn],
                    "group": [{"prefix": "service:"}],
                    "lastStatus": list(EVENT_STATUSES),
                },
            },
            targets=[
                events.CfnRule.TargetProperty(
                    id="Queue",
                    arn=self.queue.attr_arn,
                    # The rest of an event, such as the overrides of a task, is nobody's business here.
                    input_transformer=events.CfnRule.InputTransformerProperty(
                        input_paths_map={"group": "$.detail.group", "status": "$.detail.lastStatus"},
                        input_template='{"detail":{"group":<group>,"lastStatus":<status>}}',
                    ),
                )
            ],
        )
        sqs.CfnQueuePolicy(self, "Policy", queues=[self.queue.ref], policy_document=_policy(self.queue, rule))

    def grant_consume(self, role: iam.IRole) -> None:
        """Let `role` take messages from the queue."""
        role.add_to_principal_policy(
            iam.PolicyStatement(
                actions=["sqs:ReceiveMessage", "sqs:DeleteMessage"], resources=[self.queue.attr_arn]
            )
        )


def _policy(queue: sqs.CfnQueue, rule: events.CfnRule) -> dict[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "events.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": queue.attr_arn,
                "Condition": {"ArnEquals": {"aws:SourceArn": rule.attr_arn}},
            },
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "sqs:*",
                "Resource": queue.attr_arn,
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            },
        ],
    }
