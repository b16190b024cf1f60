"""The agent's answers in the place of ECS, which the sidecar of a service without a registry asks."""

from typing import Any

from rehearsal.agent.listed_tasks import listed_tasks
from tests.rehearsal.agent.one_service import World
from tests.waiting import until


def test_running_tasks_are_listed_in_pages_and_described_with_their_addresses(world: World) -> None:
    world.create(world.define(1), 3)
    until(lambda: len(world.tasks()) == 3 and world.agent.steady())
    ecs = listed_tasks(world.aws, world.agent.services, world.agent.tasks)

    def asked(operation: str, **parameters: Any) -> dict[str, Any]:  # noqa: ANN401
        answer = ecs(operation, {"cluster": "shared", **parameters})
        assert answer is not None
        return answer

    first = asked("ListTasks", maxResults=2)
    rest = asked("ListTasks", maxResults=2, nextToken=first["nextToken"])
    arns = [*first["taskArns"], *rest["taskArns"]]
    assert "nextToken" not in rest
    assert asked("ListTasks", serviceName="lessons")["taskArns"] == arns
    assert asked("ListTasks", serviceName="grading")["taskArns"] == []
    assert asked("ListTasks", desiredStatus="STOPPED")["taskArns"] == []
    described = asked("DescribeTasks", tasks=[*arns, "arn:gone"])
    addresses = {task["attachments"][0]["details"][0]["value"] for task in described["tasks"]}
    assert addresses == {task.address for task in world.tasks()}
    assert {task["availabilityZone"] for task in described["tasks"]} == {task.zone for task in world.tasks()}
    assert [failure["reason"] for failure in described["failures"]] == ["MISSING"]
    assert ecs("DescribeServices", {}) is None
