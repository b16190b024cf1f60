"""`ecs-envoy doctor` where an environment is half deployed, or somebody deleted parts of it by hand."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from ecs_envoy.configuration import load_configuration
from ecs_envoy.doctor.account import Account, MissingError
from ecs_envoy.doctor.checks.tasks import check_tasks
from ecs_envoy.doctor.result import Result
from tests.conftest import ROOT

ARN = "arn:aws:ecs:eu-west-1:111122223333:service/dev"


def resource(name: str, arn: str, status: str = "CREATE_COMPLETE") -> dict[str, str]:
    return {
        "LogicalResourceId": name,
        "PhysicalResourceId": arn,
        "ResourceType": "AWS::ECS::Service",
        "ResourceStatus": status,
    }


def service(name: str, **changes: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"serviceName": name, "status": "ACTIVE", "runningCount": 2, "desiredCount": 2} | changes


class Answers:
    """The answers of CloudFormation and ECS.

    Args:
        resources: The resources of the services stack; the proxy's stack has the service `proxy`.
        services: What ECS knows, by name.

    """

    def __init__(self, resources: list[dict[str, str]], services: list[dict[str, Any]]) -> None:
        self._stacks = {"services": resources, "proxy": [resource("Proxy", f"{ARN}/proxy")]}
        self._services = {s["serviceName"]: s for s in services}
        self.exceptions = SimpleNamespace(ClientError=ZeroDivisionError)

    def get_paginator(self, name: str) -> "Answers":
        assert name == "list_stack_resources"
        return self

    def paginate(self, *, StackName: str) -> list[dict[str, Any]]:  # noqa: N803  # boto3's own name
        return [{"StackResourceSummaries": self._stacks[StackName.partition("-")[2]]}]

    def describe_services(self, *, cluster: str, services: list[str]) -> dict[str, Any]:
        assert cluster == "dev"
        names = [arn.rpartition("/")[2] for arn in services]
        return {
            "services": [self._services[name] for name in names if name in self._services],
            "failures": [{"arn": name, "reason": "MISSING"} for name in names if name not in self._services],
        }


def account(resources: list[dict[str, str]], *services: dict[str, Any]) -> Account:
    found = Account(load_configuration(ROOT / "config/example.yaml"))
    answers = Answers(resources, list(services))
    vars(found).update(cloud_formation=cast("Any", answers), ecs=cast("Any", answers))
    return found


def texts(found: Account) -> list[str]:
    def text(result: Result) -> str:
        return f"{result.status} {result.subject}: {result.message}"

    return [text(result) for result in check_tasks(found)]


GONE = "problem lessons: the stack dev-services has it, and ECS does not; deploy the stack again"
PROXY = "ok proxy: runs 2 of 2 tasks"


@pytest.mark.parametrize(
    ("resources", "services", "told"),
    [
        pytest.param([resource("lessons", "", "CREATE_IN_PROGRESS")], [], GONE, id="not made yet"),
        pytest.param([resource("lessons", "", "CREATE_FAILED")], [], GONE, id="ECS refused it"),
        pytest.param([resource("lessons", f"{ARN}/lessons")], [], GONE, id="deleted by hand, long ago"),
        pytest.param(
            [resource("lessons", f"{ARN}/lessons")],
            [service("lessons", status="INACTIVE", runningCount=0, desiredCount=0)],
            GONE,
            id="deleted by hand",
        ),
        pytest.param(
            [resource("lessons", f"{ARN}/lessons")],
            [service("lessons", runningCount=0, desiredCount=0)],
            "problem lessons: is set to 0 tasks, so every call to it fails; set its desired count",
            id="set to no tasks",
        ),
        pytest.param(
            [resource("old", f"{ARN}/old", "DELETE_COMPLETE"), resource("lessons", f"{ARN}/lessons")],
            [service("lessons")],
            "ok lessons: runs 2 of 2 tasks",
            id="a stack that has deleted another service",
        ),
    ],
)
def test_services_that_do_not_run(
    resources: list[dict[str, str]], services: list[dict[str, Any]], told: str
) -> None:
    assert set(texts(account(resources, service("proxy"), *services))) == {told, PROXY}


def test_fails_for_a_proxy_that_was_deleted_by_hand() -> None:
    found = account([resource("lessons", f"{ARN}/lessons")], service("lessons"))
    with pytest.raises(MissingError, match="the proxy's stack has no ECS service"):
        texts(found)
