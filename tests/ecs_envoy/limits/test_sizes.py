"""What `ecs-envoy validate` knows of stacks and of the account without a synth."""

from typing import Any

import pytest

from ecs_envoy.configuration.model import Configuration
from ecs_envoy.configuration.stacks.account import quota_warnings
from ecs_envoy.configuration.stacks.sizes import size_findings, stack_sizes


def configured(services: dict[str, Any], **changes: Any) -> Configuration:  # noqa: ANN401
    return Configuration.model_validate(
        {
            "environment": "prod",
            "region": "eu-west-1",
            "account": "111122223333",
            "namespace": {"name": "learning.local"},
            "services": services,
            **changes,
        }
    )


def alike(number: int, **keys: Any) -> dict[str, Any]:  # noqa: ANN401
    return {f"service-{index}": {"image": "a/b:1", **keys} for index in range(number)}


def test_fails_for_a_stack_with_too_many_services_with_the_key_and_the_cure() -> None:
    ((path, message),) = size_findings(configured(alike(60)))
    assert path == ("service_stacks",)
    assert "stack prod-services: 60 services, 540 of 500 resources (108 %)" in message
    assert "service_stacks before the first deployment" in message


def test_the_same_services_fit_several_stacks() -> None:
    assert not size_findings(configured(alike(60), service_stacks=3))


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"telemetry": {"cloudwatch": {}}}, ("telemetry", "cloudwatch")),
        ({"proxy": {"aliases": [f"a{number}" for number in range(200)]}}, ("proxy",)),
    ],
)
def test_fails_for_other_stacks_that_grow_with_the_services(
    changes: dict[str, Any], key: tuple[str, ...]
) -> None:
    findings = size_findings(configured(alike(90), service_stacks=10, **changes))
    assert [path for path, _ in findings] == [key]


def test_a_service_counts_for_what_it_has() -> None:
    def resources(**keys: Any) -> int:  # noqa: ANN401
        return stack_sizes(configured({"lessons": {"image": "a/b:1", **keys}}))[0].resources

    alone = resources()
    assert resources(tasks={"min": 2, "max": 4}) == alone + 2
    assert resources(calls=["lessons"]) == alone + 2
    assert resources(enable_execute_command=True) == alone + 1


@pytest.mark.parametrize(
    ("services", "keys"),
    [
        pytest.param(alike(2), [], id="small"),
        pytest.param(alike(2, tasks=20), ["services"], id="vCPUs"),
        pytest.param(alike(50, tasks={"min": 2, "max": 50}), ["services", "namespace"], id="instances"),
        pytest.param(alike(260, tasks=1, cpu=256), ["services", "services"], id="roles"),
    ],
)
def test_what_a_new_account_may_not_allow_is_a_warning(services: dict[str, Any], keys: list[str]) -> None:
    found = quota_warnings(configured(services))
    assert [path[0] for path, _ in found] == keys
    assert all("ask AWS to raise it in Service Quotas" in message for _, message in found)
