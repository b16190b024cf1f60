"""Adding or removing one service of many changes its own resources and the proxy's, and nothing else."""

from collections import Counter
from typing import Any

import pytest

from ecs_envoy.plan.limits.service_stacks import services_stack_name, stack_number
from tests.conftest import Templates
from tests.deployed import LESSONS, synthesized

STACKS = 4
NAMES = [f"service-{number:02d}" for number in range(24)]
ADDED = "service-12-new"  # in the middle of the file, so that the order of the others is touched, too
NUMBER = stack_number(ADDED, stacks=STACKS, chosen=None)
MONITORING = f"many-monitoring-{NUMBER}"


def services(names: list[str]) -> dict[str, Any]:
    return {
        name: {**LESSONS, "grpc_services": [f"a.v1.{name.title().replace('-', '')}"]}
        for name in sorted(names)
    }


@pytest.fixture(scope="module")
def without_and_with(tmp_path_factory: pytest.TempPathFactory) -> tuple[Templates, Templates]:
    folder = tmp_path_factory.mktemp("many")
    before, after = (
        synthesized(
            folder / str(len(names)),
            name="many",
            service_stacks=STACKS,
            services=services(names),
            telemetry={"cloudwatch": {}},
        )
        for names in (NAMES, [*NAMES, ADDED])
    )
    return before, after


def differences(before: Templates, after: Templates) -> set[tuple[str, str]]:
    """Return the stack and the name of everything in the templates that differs, resources and the rest."""
    return {
        (stack, name)
        for stack in before.keys() | after.keys()
        for section in ("Resources", "Outputs", "Parameters")
        for old, new in [(before[stack].get(section, {}), after[stack].get(section, {}))]
        for name in old.keys() | new.keys()
        if old.get(name) != new.get(name)
    }


def test_one_service_more_or_less_changes_only_its_own_resources_and_those_of_the_proxy(
    without_and_with: tuple[Templates, Templates],
) -> None:
    changed = differences(*without_and_with)
    stack = services_stack_name("many", NUMBER)
    prefix = ADDED.replace("-", "")
    own = {(place, name) for place, name in changed if place == stack and prefix in name}
    of_proxy = {(place, name) for place, name in changed if place in ("many-proxy", MONITORING)}
    assert own
    assert changed == own | of_proxy
    assert {name for place, name in of_proxy if place == "many-proxy" and prefix not in name.lower()} <= {
        name
        for name, resource in without_and_with[1]["many-proxy"]["Resources"].items()
        if resource["Type"] in ("AWS::ECS::TaskDefinition", "AWS::IAM::Policy")
    }


def alarms(templates: Templates) -> dict[str, tuple[str, Any]]:
    """Return the stack and the definition of each alarm by its name."""
    return {
        resource["Properties"]["AlarmName"]: (stack, resource)
        for stack, template in templates.items()
        for resource in template.get("Resources", {}).values()
        if resource["Type"] == "AWS::CloudWatch::Alarm"
    }


def test_its_alarms_are_in_the_stack_of_its_number_and_no_other_alarm_moves_or_changes(
    without_and_with: tuple[Templates, Templates],
) -> None:
    before, after = map(alarms, without_and_with)
    assert before.items() <= after.items()
    new = {name: stack for name, (stack, _) in after.items() if name not in before}
    assert len(new) == 5
    assert all(name.startswith(f"many_grpc_{ADDED}_") and new[name] == MONITORING for name in new)
    old, now = (templates[MONITORING]["Resources"] for templates in without_and_with)
    assert {now[name]["Type"] for name in old if old[name] != now[name]} == {"AWS::CloudWatch::Dashboard"}


def test_each_stack_of_monitoring_has_a_dashboard_and_only_the_first_has_the_topic_and_the_proxys_alarms(
    without_and_with: tuple[Templates, Templates],
) -> None:
    found = {
        stack: Counter(resource["Type"] for resource in template["Resources"].values())
        for stack, template in without_and_with[0].items()
        if "monitoring" in stack
    }
    assert sorted(found) == ["many-monitoring", *(f"many-monitoring-{n}" for n in range(2, STACKS + 1))]
    assert {kinds["AWS::CloudWatch::Dashboard"] for kinds in found.values()} == {1}
    assert [stack for stack, kinds in found.items() if kinds["AWS::SNS::Topic"]] == ["many-monitoring"]
    of_proxy = {stack for name, (stack, _) in alarms(without_and_with[0]).items() if name.count("_") == 2}
    assert of_proxy == {"many-monitoring"}


def test_the_services_are_in_several_stacks(without_and_with: tuple[Templates, Templates]) -> None:
    filled = [
        stack
        for stack, template in without_and_with[0].items()
        if "services" in stack and template["Resources"]
    ]
    assert len(filled) == STACKS


def test_the_proxy_has_one_outbound_rule_for_all_services_which_have_one_inbound_rule_each(
    without_and_with: tuple[Templates, Templates],
) -> None:
    found = [
        (kind, stack, resource["Properties"]["FromPort"], resource["Properties"]["ToPort"])
        for stack, template in without_and_with[1].items()
        for resource in template["Resources"].values()
        for kind in ("Ingress", "Egress")
        if resource["Type"] == f"AWS::EC2::SecurityGroup{kind}"
        and "services" in str(resource["Properties"]["Description"]).replace("from the proxy", "services")
    ]
    assert [entry for entry in found if entry[0] == "Egress"] == [("Egress", "many-network", 0, 65535)]
    inbound = [entry for entry in found if entry[0] == "Ingress"]
    assert len(inbound) == len(NAMES) + 1
    assert {(first, last) for _, _, first, last in inbound} == {(50051, 50051)}
