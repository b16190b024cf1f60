"""What protects less than before: each rule raised, and not raised."""

from typing import Any

import pytest

from ecs_envoy.review.care.finding import care
from ecs_envoy.review.comparison import Comparison
from tests.ecs_envoy.review.deployed import bootstrap, container, get, proxy, service
from tests.ecs_envoy.review.templates import Stacks, comparisons, resource

pytestmark = pytest.mark.process

CHECK = {"Command": ["CMD", "/health"]}
BREAKER, NO_BREAKER = ({"DeploymentCircuitBreaker": {"Enable": on, "Rollback": on}} for on in (True, False))
NO_ROLLBACK = {"DeploymentCircuitBreaker": {"Enable": True, "Rollback": False}}


def app(*parts: dict[str, dict[str, Any]], **more: dict[str, Any]) -> Stacks:
    return {"app": {**{name: found for part in parts for name, found in part.items()}, **more}}


def one(kind: str, **properties: object) -> Stacks:
    return app(It=resource(kind, **properties))


def balancer(scheme: str, protected: str = "false") -> Stacks:
    attribute = {"Key": "deletion_protection.enabled", "Value": protected}
    return one(
        "ElasticLoadBalancingV2::LoadBalancer", Scheme=scheme, LoadBalancerAttributes=[attribute], Name="api"
    )


def scaling(least: int, most: int) -> Stacks:
    found = resource(
        "ApplicationAutoScaling::ScalableTarget",
        MinCapacity=least,
        MaxCapacity=most,
        ResourceId={"Fn::Join": ["", ["service/a/", get("lessonsService", "Name")]]},
    )
    return app(service(), Target=found)


def alarm(name: str = "errors", threshold: float = 5, **properties: object) -> dict[str, Any]:
    values: dict[str, object] = {
        "AlarmName": name,
        "Namespace": "grpc",
        "MetricName": "errors",
        "ComparisonOperator": "GreaterThanThreshold",
        "EvaluationPeriods": 3,
        "AlarmActions": ["arn:aws:sns:eu-west-1:111122223333:alarms"],
        "Threshold": threshold,
    }
    return resource("CloudWatch::Alarm", **{**values, **properties})


def alarms(**properties: object) -> Stacks:
    return app(Alarm=alarm(**properties))  # pyright: ignore[reportArgumentType]


def log(days: int | None) -> Stacks:
    return one("Logs::LogGroup", **({"RetentionInDays": days} if days else {}))


def policies(value: str) -> Stacks:
    table = resource("DynamoDB::Table", TableName="calls")
    return app(It={**table, "DeletionPolicy": value, "UpdateReplacePolicy": value})


LOW = {"ComparisonOperator": "LessThanThreshold"}

CASES: dict[str, tuple[Stacks | None, Stacks | None, list[str]]] = {
    "fewer tasks": (
        app(service(tasks=3)),
        app(service(tasks=2)),
        [
            "`lessons` runs 2 tasks instead of 3 at least",
        ],
    ),
    "one task": (
        app(service()),
        app(service(tasks=1)),
        [
            (
                "`lessons` runs 1 task instead of 2 at least: if that one fails, nothing answers "
                "until another runs"
            ),
        ],
    ),
    "more tasks": (app(service(tasks=2)), app(service(tasks=3)), []),
    "a lower bound": (
        scaling(4, 12),
        scaling(2, 12),
        [
            "`lessons` runs 2 tasks instead of 4 at least",
        ],
    ),
    "a smaller maximum": (
        scaling(4, 12),
        scaling(4, 8),
        [
            "`lessons` scales to 8 tasks at most, instead of 12",
        ],
    ),
    "wider bounds": (scaling(4, 8), scaling(4, 12), []),
    "smaller tasks": (
        app(service(memory=1024)),
        app(service(memory=512)),
        [
            "each task of `lessons` is smaller: 1024 → 512 MiB of memory",
        ],
    ),
    "larger tasks": (app(service(memory=512)), app(service(memory=1024)), []),
    "no deployment circuit breaker": (
        app(service(deployment=BREAKER)),
        app(service(deployment=NO_BREAKER)),
        [
            (
                "ECS no longer ends a deployment of `lessons` whose tasks fail: the deployment "
                "circuit breaker is off"
            ),
        ],
    ),
    "no rollback": (
        app(service(deployment=BREAKER)),
        app(service(deployment=NO_ROLLBACK)),
        [
            "ECS no longer rolls a failed deployment of `lessons` back",
        ],
    ),
    "a deployment circuit breaker": (app(service()), app(service(deployment=BREAKER)), []),
    "no container health check": (
        app(service(containers=[container(HealthCheck=CHECK)])),
        app(service(containers=[container()])),
        [
            (
                "ECS no longer checks the health of container `server` of `lessons`: a task that "
                "hangs stays, and a deployment of broken tasks counts as good"
            ),
        ],
    ),
    "a container health check": (
        app(service(containers=[container()])),
        app(service(containers=[container(HealthCheck=CHECK)])),
        [],
    ),
    "fewer connections": (
        app(proxy(bootstrap(connections=1500))),
        app(proxy(bootstrap(connections=1000))),
        [
            (
                "each task of the proxy `grpc` takes 1,000 connections of clients instead of 1,500, "
                "and refuses more"
            ),
        ],
    ),
    "more connections": (
        app(proxy(bootstrap(connections=1000))),
        app(proxy(bootstrap(connections=1500))),
        [],
    ),
    "no health check by Envoy": (
        app(proxy()),
        app(proxy(bootstrap(checked=False))),
        [
            (
                "the proxy `grpc` no longer checks the health of tasks of `lessons`: it sends calls "
                "to broken ones"
            ),
            "the proxy `grpc` no longer leaves out tasks of `lessons` that answer with errors",
        ],
    ),
    "health checks by Envoy": (app(proxy(bootstrap(checked=False))), app(proxy()), []),
    "an alarm goes": (
        app(A=alarm(), B=alarm("slow", 9)),
        app(A=alarm()),
        [
            "the alarm `slow` goes: nobody is told any more",
        ],
    ),
    "an alarm has another name": (app(Old=alarm("grpc_errors")), app(New=alarm("edge_errors")), []),
    "an alarm goes with its service": (
        app(service("grading"), service(), A=alarm("prod_grading_errors")),
        app(service()),
        [],
    ),
    "a higher threshold": (
        alarms(threshold=5),
        alarms(threshold=50),
        [
            "the alarm `errors` rings above 50 instead of 5",
        ],
    ),
    "a lower threshold": (alarms(threshold=50), alarms(threshold=5), []),
    "a lower threshold of what must not fall": (
        alarms(threshold=5, **LOW),
        alarms(threshold=1, **LOW),
        [
            "the alarm `errors` rings below 1 instead of 5",
        ],
    ),
    "a higher threshold of what must not fall": (alarms(threshold=1, **LOW), alarms(threshold=5, **LOW), []),
    "later": (
        alarms(EvaluationPeriods=3),
        alarms(EvaluationPeriods=10),
        [
            "the alarm `errors` rings after 10 bad periods instead of 3",
        ],
    ),
    "sooner": (alarms(EvaluationPeriods=10), alarms(EvaluationPeriods=3), []),
    "nobody is told": (
        alarms(),
        alarms(AlarmActions=[]),
        [
            "the alarm `errors` tells nobody when it rings",
        ],
    ),
    "actions are off": (
        alarms(),
        alarms(ActionsEnabled=False),
        [
            "the alarm `errors` tells nobody any more, since its actions are off",
        ],
    ),
    "one more is told": (alarms(AlarmActions=["arn:1"]), alarms(AlarmActions=["arn:1", "arn:2"]), []),
    "missing data are ignored": (
        alarms(TreatMissingData="breaching"),
        alarms(TreatMissingData="notBreaching"),
        [
            "the alarm `errors` no longer rings when its metric is missing",
        ],
    ),
    "logs are kept shorter": (
        log(30),
        log(7),
        [
            "logs are kept for 7 days instead of for 30 days: older ones are lost",
        ],
    ),
    "logs are kept for ever no more": (
        log(None),
        log(30),
        [
            "logs are kept for 30 days instead of for ever: older ones are lost",
        ],
    ),
    "logs are kept longer": (log(7), log(30), []),
    "kept no more": (
        policies("Retain"),
        policies("Delete"),
        [
            (
                "`AWS::DynamoDB::Table` is no longer kept when it leaves the stack or is replaced: "
                "`DeletionPolicy` and `UpdateReplacePolicy` `Retain` → `Delete`"
            ),
        ],
    ),
    "kept": (policies("Delete"), policies("Retain"), []),
    "a load balancer may be deleted": (
        balancer("internal", "true"),
        balancer("internal"),
        [
            "the load balancer may be deleted: its deletion protection is off",
        ],
    ),
    "a table may be deleted": (
        one("DynamoDB::Table", DeletionProtectionEnabled=True),
        one("DynamoDB::Table", DeletionProtectionEnabled=False),
        [
            "`AWS::DynamoDB::Table` may be deleted: its deletion protection is off",
        ],
    ),
    "fewer backups": (
        one("RDS::DBInstance", BackupRetentionPeriod=7),
        one("RDS::DBInstance", BackupRetentionPeriod=1),
        [
            "backups are kept for 1 day instead of 7 days",
        ],
    ),
    "no restore to a point in time": (
        one("DynamoDB::Table", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}),
        one("DynamoDB::Table"),
        [
            "the table cannot be restored to a point in time any more",
        ],
    ),
}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Comparison]:
    cases = {name: (base, head) for name, (base, head, _) in CASES.items()}
    return comparisons(tmp_path_factory.mktemp("cases"), cases)


@pytest.mark.parametrize("case", CASES)
def test_less_protection_is_said_and_more_is_not(case: str, found: dict[str, Comparison]) -> None:
    told = [item.text for item in care(found[case]) if item.kind.value == "weakening"]
    assert told == CASES[case][2]
