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


MONITORED: dict[str, Any] = {"telemetry": {"cloudwatch": {}}}


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        pytest.param({"service_stacks": 1, **MONITORED}, ("service_stacks",), id="monitoring"),
        pytest.param(
            {"service_stacks": 10, "proxy": {"aliases": [f"a{number}" for number in range(200)]}},
            ("proxy",),
            id="proxy",
        ),
    ],
)
def test_fails_for_other_stacks_that_grow_with_the_services(
    changes: dict[str, Any], key: tuple[str, ...]
) -> None:
    existing: dict[str, Any] = {f"old-{index}": {} for index in range(90)}
    findings = size_findings(configured({}, existing_services=existing, **changes))
    assert [path for path, _ in findings] == [key]


def test_fails_for_a_template_that_is_too_long_though_its_resources_fit() -> None:
    names = {f"{'x' * 50}{index}": {"image": "a/b:1"} for index in range(45)}
    ((_, message),) = size_findings(configured(names, **MONITORED))
    assert "stack prod-monitoring: 45 services, 280 of 500 resources (56 %), 1,1" in message
    assert "of 1,000 KB" in message


@pytest.mark.parametrize("section", ["services", "existing_services"])
def test_two_hundred_services_of_one_proxy_are_monitored(section: str) -> None:
    existing: dict[str, Any] = {f"service-{index}": {} for index in range(200)}
    blocks = {"services": alike(200)} if section == "services" else {"services": {}, section: existing}
    configuration = configured(**blocks, service_stacks=8, **MONITORED)
    assert not size_findings(configuration)
    monitoring = [size for size in stack_sizes(configuration) if "monitoring" in size.name]
    assert [size.name for size in monitoring] == [
        "prod-monitoring",
        *(f"prod-monitoring-{number}" for number in range(2, 9)),
    ]
    assert sum(size.services for size in monitoring) == 200


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
        pytest.param(alike(101, tasks=1, cpu=256), ["services", "telemetry"], id="Metrics Insights"),
        pytest.param(alike(260, tasks=1, cpu=256), ["services", "services", "telemetry"], id="roles"),
    ],
)
def test_what_a_new_account_may_not_allow_is_a_warning(services: dict[str, Any], keys: list[str]) -> None:
    found = quota_warnings(configured(services, **MONITORED))
    assert [path[0] for path, _ in found] == keys
    assert all("ask AWS to raise it in Service Quotas" in message for _, message in found)
