"""What the emulator has no word for: the checks of `ecs-envoy doctor` by the answers of AWS's APIs."""

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ecs_envoy.doctor.account import Account
from ecs_envoy.doctor.checks.alarms import may_publish
from ecs_envoy.doctor.checks.discovery import check_registries
from ecs_envoy.doctor.checks.network import check_zones
from ecs_envoy.doctor.checks.tasks import check_containers, check_proxy_bounds, check_tasks
from ecs_envoy.doctor.result import Result
from ecs_envoy.settings.tasks import ProxyTaskBounds

ACCOUNT = "111122223333"
TOPIC = f"arn:aws:sns:eu-west-1:{ACCOUNT}:alarms"

DEV = SimpleNamespace(environment="dev")


def account(**answers: Any) -> Account:  # noqa: ANN401
    return cast("Account", SimpleNamespace(**answers))


def texts(results: Iterator[Result]) -> list[str]:
    return [f"{result.status} {result.subject}: {result.message}" for result in results]


def container(name: str, *, status: str = "RUNNING", health: str = "HEALTHY", **more: str) -> dict[str, str]:
    return {"name": name, "lastStatus": status, "healthStatus": health, **more}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(container("envoy"), "ok envoy in task 0123abcd: answers at /ready", id="Envoy answers"),
        pytest.param(
            container("envoy", health="UNHEALTHY"),
            "problem envoy in task 0123abcd: does not answer at /ready; see its log",
            id="Envoy does not answer",
        ),
        pytest.param(
            container("envoy", health="UNKNOWN"),
            "unknown envoy in task 0123abcd: ECS has no result of its health check yet; "
            "look again in a minute",
            id="Envoy has just started",
        ),
        pytest.param(
            container("discovery", status="STOPPED", reason="OutOfMemoryError"),
            "warning discovery in task 0123abcd: is STOPPED: OutOfMemoryError",
            id="the sidecar has ended",
        ),
        pytest.param(
            container("collector", health="UNHEALTHY"),
            "problem collector in task 0123abcd: is UNHEALTHY; see its log",
            id="the collector is unhealthy",
        ),
    ],
)
def test_containers_of_the_proxy(given: dict[str, str], expected: str) -> None:
    task = {"taskArn": "arn:aws:ecs:eu-west-1:111122223333:task/dev/0123abcd4567", "containers": [given]}

    def tasks(service: object) -> list[Any]:
        return [task] if service == "proxy" else []

    assert texts(check_containers(account(proxy="proxy", tasks=tasks))) == [expected]


@pytest.mark.parametrize(
    ("most", "desired", "expected"),
    [
        pytest.param(2, 2, "ok grpc: does not scale: proxy.tasks is 2", id="a number"),
        pytest.param(6, 3, "ok grpc: wants 3 tasks, of 2 to 6", id="between its bounds"),
        pytest.param(
            6,
            6,
            "warning grpc: wants 6 tasks, the most that proxy.tasks allows; give a larger max, "
            "or more proxy.cpu",
            id="at its upper bound",
        ),
    ],
)
def test_whether_the_proxy_can_still_scale(most: int, desired: int, expected: str) -> None:
    configuration = SimpleNamespace(proxy=SimpleNamespace(tasks=ProxyTaskBounds(min=2, max=most)))
    service = {"serviceName": "grpc", "desiredCount": desired}
    assert texts(check_proxy_bounds(account(proxy=service, configuration=configuration))) == [expected]


def test_a_failed_deployment_is_a_problem_although_all_tasks_run() -> None:
    reason = "ECS deployment circuit breaker: tasks failed to start."
    service = {
        "serviceName": "lessons",
        "runningCount": 4,
        "desiredCount": 4,
        "deployments": [{"rolloutState": "FAILED", "rolloutStateReason": reason}],
    }
    assert texts(check_tasks(account(services=[service], absent=[], configuration=DEV))) == [
        "ok lessons: runs 4 of 4 tasks",
        f"problem lessons: its deployment failed: {reason}; see the stopped tasks in ECS",
    ]


@pytest.mark.parametrize(
    ("region", "zones", "expected"),
    [
        pytest.param(
            "ap-northeast-1",
            ["apne1-az3", "apne1-az1"],
            "problem lessons: Fargate is not in apne1-az3; use subnets in apne1-az1, apne1-az2, apne1-az4",
            id="a zone without Fargate",
        ),
        pytest.param(
            "eu-west-1",
            ["euw1-az1", "euw1-az1"],
            "warning lessons: runs in euw1-az1 only, whose loss stops it; use subnets in two zones",
            id="one zone",
        ),
        pytest.param(
            "eu-west-1", ["euw1-az2", "euw1-az1"], "ok lessons: runs in euw1-az1, euw1-az2", id="two zones"
        ),
    ],
)
def test_zones_of_the_tasks(region: str, zones: list[str], expected: str) -> None:
    subnets = [{"AvailabilityZoneId": zone} for zone in zones]

    def describe_subnets(**_: object) -> dict[str, Any]:
        return {"Subnets": subnets}

    found = account(
        configuration=SimpleNamespace(region=region),
        services=[{"serviceName": "lessons"}],
        ec2=SimpleNamespace(describe_subnets=describe_subnets),
    )
    assert texts(check_zones(found)) == [expected]


def test_a_service_that_is_listed_in_another_namespace_is_a_problem() -> None:
    arn = "arn:aws:servicediscovery:eu-west-1:111122223333:service/srv-old"
    service = {"serviceName": "lessons", "serviceRegistries": [{"registryArn": arn}]}
    registries = {"lessons": {"Id": "srv-new"}}
    (told,) = texts(
        check_registries(account(namespace={"Id": "ns-1"}, registries=registries, services=[service]))
    )
    assert told.startswith("problem lessons: is listed by srv-old, which is not in the namespace ns-1")


def statement(**changes: Any) -> dict[str, Any]:  # noqa: ANN401
    return {
        "Effect": "Allow",
        "Principal": {"Service": "cloudwatch.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": TOPIC,
        **changes,
    }


def by_account(name: str) -> dict[str, dict[str, str]]:
    return {"StringEquals": {"aws:SourceAccount": name}}


NO_TLS = statement(Effect="Deny", Principal="*", Condition={"Bool": {"aws:SecureTransport": "false"}})
OWNER = {"StringEquals": {"AWS:SourceOwner": ACCOUNT}}
ALARMS = {"ArnLike": {"aws:SourceArn": f"arn:aws:cloudwatch:eu-west-1:{ACCOUNT}:alarm:*"}}
ONE_ALARM = {"ArnLike": {"aws:SourceArn": f"arn:aws:cloudwatch:eu-west-1:{ACCOUNT}:alarm:dev-*"}}

OTHERS = statement(
    Effect="Deny", Principal="*", Condition={"StringNotEquals": {"aws:SourceAccount": ACCOUNT}}
)
STRANGERS = statement(
    Effect="Deny",
    Principal="*",
    Condition={
        "StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-1234567890"},
        "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
    },
)
NO_ACCOUNT = {"Null": {"aws:SourceAccount": "true"}}
MAYBE = {"ForAnyValue:StringEqualsIfExists": {"aws:SourceAccount": [ACCOUNT]}}


@pytest.mark.parametrize(
    ("statements", "allowed"),
    [
        pytest.param([], False, id="nothing"),
        pytest.param([NO_TLS], False, id="a deny only, as enforce_ssl makes it"),
        pytest.param([NO_TLS, statement()], True, id="CloudWatch"),
        pytest.param(
            [statement(Condition={"StringEquals": {"aws:SourceAccount": ACCOUNT}})], True, id="account"
        ),
        pytest.param(
            [statement(Condition={"StringEquals": {"aws:SourceAccount": "9"}})], False, id="another account"
        ),
        pytest.param([statement(Principal={"AWS": "*"}, Condition=OWNER)], True, id="SNS's default policy"),
        pytest.param([statement(Condition=ALARMS)], True, id="every alarm"),
        pytest.param([statement(Condition=ONE_ALARM)], True, id="alarms with our prefix"),
        pytest.param([statement(Principal={"Service": "events.amazonaws.com"})], False, id="another service"),
        pytest.param([statement(Action=["sns:Subscribe"])], False, id="another action"),
        pytest.param([statement(Resource=f"{TOPIC}-other")], False, id="another topic"),
        pytest.param([statement(), statement(Effect="Deny", Principal="*")], False, id="denied"),
        pytest.param([statement(), OTHERS], True, id="a deny for other accounts"),
        pytest.param([statement(), STRANGERS], True, id="a deny for strangers, and no service of AWS"),
        pytest.param([statement(Condition=NO_ACCOUNT)], False, id="for requests without an account"),
        pytest.param([statement(Resource="arn:aws:sns:*:*:al*")], True, id="topics by a pattern"),
        pytest.param([statement(Action="SNS:Pub*")], True, id="actions by a pattern"),
        pytest.param([statement(Condition=MAYBE)], True, id="an account, if the request has one"),
    ],
)
def test_whether_alarms_may_publish(statements: list[dict[str, Any]], *, allowed: bool) -> None:
    policy = json.loads(json.dumps({"Version": "2012-10-17", "Statement": statements}))
    assert may_publish(policy, ACCOUNT, TOPIC) is allowed
