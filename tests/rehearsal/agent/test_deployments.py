"""ECS's deployment circuit breaker."""

from dataclasses import replace

import pytest

from rehearsal.agent.deployments import LASTING_SECONDS, Deployments, Failed, threshold
from rehearsal.agent.ecs_api import EcsService
from rehearsal.agent.plan import Desired

SERVICE = EcsService(
    arn="service",
    name="lessons",
    ecs_cluster="shared",
    task_definition="old",
    desired=Desired(tasks=2),
    registry=None,
    registry_has_health=False,
    name_in_namespace="lessons",
    zones=("local",),
    rolls_back=True,
)
ROLLED = replace(SERVICE, task_definition="new")


@pytest.mark.parametrize(
    ("desired", "failures"),
    [
        pytest.param(1, 3, id="at least 3"),
        pytest.param(6, 3, id="half of 6"),
        pytest.param(9, 5, id="half of 9, rounded up"),
        pytest.param(1000, 200, id="at most 200"),
    ],
)
def test_half_of_the_desired_count_may_fail(desired: int, failures: int) -> None:
    assert threshold(desired) == failures


def test_the_third_failed_task_rolls_back_to_the_deployment_that_completed() -> None:
    deployments = Deployments()
    deployments.completed(SERVICE)
    assert [deployments.task_failed(ROLLED, "new", 0.0) for _ in range(3)] == [None, None, Failed(3, "old")]
    assert deployments.has_failed(ROLLED, "new")
    assert not deployments.has_failed(ROLLED, "old")


@pytest.mark.parametrize(
    ("service", "completed"),
    [
        pytest.param(ROLLED, None, id="nothing was deployed before"),
        pytest.param(replace(ROLLED, rolls_back=False), SERVICE, id="the breaker does not roll back"),
        pytest.param(ROLLED, ROLLED, id="it is the deployment that completed"),
    ],
)
def test_a_deployment_that_cannot_be_rolled_back_has_failed(
    service: EcsService, completed: EcsService | None
) -> None:
    deployments = Deployments()
    if completed:
        deployments.completed(completed)
    assert [deployments.task_failed(service, "new", 0.0) for _ in range(3)][-1] == Failed(3, None)


def test_a_task_that_lasted_and_is_killed_does_not_count_and_resets_the_count() -> None:
    deployments = Deployments()
    failed = [
        deployments.task_failed(SERVICE, "old", lasted) for lasted in (0.0, 0.0, LASTING_SECONDS, 0.0, 0.0)
    ]
    assert failed == [None] * 5
