"""The stacks of a file with two proxies, by the rules of all stacks together."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ecs_envoy.configuration import load_configuration
from ecs_envoy.configuration.plans import proxy_task
from ecs_envoy.configuration.proxies.views import views
from tests.conftest import Templates, proxy_container
from tests.deployed import LESSONS, VPC, synthesized
from tests.emulator import ACCOUNT, REGION

GRADING = {"image": "example.com/grading:1", "grpc_services": ["b.v1.B"], "port": 50052, "calls": ["reports"]}
REPORTS = {"image": "example.com/reports:1", "grpc_services": ["a.v1.A"], "port": 50053}
GROUP = "sg-0123456789abcdef0"
CUT_OVER = {
    "name": "reports.example.com",
    "zone": "Z0123456789ABCDEFGHIJ",
    "from": "internal-reports-1.eu-west-1.elb.amazonaws.com",
    "percent": 10,
}


def discovery(interval: str = "1s") -> dict[str, Any]:
    return {"discovery": {"image": "example.com/discovery:1", "interval": interval}}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("proxies") / "app"


@pytest.fixture(scope="module")
def templates(folder: Path) -> Templates:
    return synthesized(
        folder,
        name="two",
        network={"vpc_id": VPC},
        proxies={
            "online": {"services": ["lessons", "grading"], "port": 50061, **discovery()},
            "batch": {"services": ["reports"], "port": 50071, "clients": [GROUP], **discovery(interval="3s")},
        },
        services={"lessons": LESSONS, "grading": GRADING, "reports": {**REPORTS, "cut_over": CUT_OVER}},
        api={
            "image": "example.com/api:1",
            "certificate": f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/0f1e2d3c-4b5a-6978-8695-a4b3c2d1e0f9",
            "calls": ["lessons"],
        },
        telemetry={"cloudwatch": True},
    )


def resources(template: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [r["Properties"] for r in template["Resources"].values() if r["Type"] == kind]


def reaching(templates: Templates, port: int) -> list[tuple[str, str]]:
    """Return which security group may connect to which at `port`, by parts of their names."""
    return sorted(
        (_group(rule["SourceSecurityGroupId"]), _group(rule["GroupId"]))
        for template in templates.values()
        for rule in resources(template, "AWS::EC2::SecurityGroupIngress")
        if rule["FromPort"] == port
    )


def _group(reference: object) -> str:
    words = (
        "ProxySecurityGrouponline",
        "ProxySecurityGroupbatch",
        "lessons",
        "grading",
        "reports",
        "Api",
        GROUP,
    )
    return next(word for word in words if word in str(reference)).removeprefix("ProxySecurityGroup")


def test_each_proxy_has_stacks_of_its_own_and_the_rest_is_shared(templates: Templates) -> None:
    assert sorted(templates) == [
        "two-api",
        "two-batch",
        "two-batch-cut-over",
        "two-batch-monitoring",
        "two-network",
        "two-online",
        "two-online-monitoring",
        "two-services",
    ]


def test_each_proxy_has_a_security_group_of_its_own_in_the_networks_stack(templates: Templates) -> None:
    groups = [
        name
        for name, resource in templates["two-network"]["Resources"].items()
        if resource["Type"] == "AWS::EC2::SecurityGroup" and name.startswith("ProxySecurityGroup")
    ]
    assert sorted(name.removeprefix("ProxySecurityGroup")[:5] for name in groups) == ["batch", "onlin"]


def test_each_proxy_reaches_its_own_services_and_no_other(templates: Templates) -> None:
    lessons, grading, reports = (reaching(templates, port) for port in (50051, 50052, 50053))
    assert lessons == [("online", "lessons")]
    assert grading == [("online", "grading")]
    assert reports == [("batch", "reports")]


def test_a_client_reaches_the_proxies_of_the_services_that_it_calls_and_no_other(
    templates: Templates,
) -> None:
    assert reaching(templates, 50061) == [("Api", "online")]
    assert reaching(templates, 50071) == [("grading", "batch"), (GROUP, "batch")]


def _environments(template: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for task in resources(template, "AWS::ECS::TaskDefinition"):
        for container in task["ContainerDefinitions"]:
            if container.get("Environment") and container["Name"] in {"api", "service"}:
                yield {variable["Name"]: variable["Value"] for variable in container["Environment"]}


def test_a_client_gets_the_addresses_of_the_proxies_that_it_calls(templates: Templates) -> None:
    (api,) = _environments(templates["two-api"])
    assert list(api) == ["ONLINE_ADDRESS"]
    assert "online." in str(api)
    assert ":50061" in str(api)
    (grading,) = _environments(templates["two-services"])
    assert list(grading) == ["BATCH_ADDRESS"]
    assert "batch." in str(grading)
    assert ":50071" in str(grading)


def test_each_proxy_is_listed_in_the_namespace_with_the_names_of_its_services(templates: Templates) -> None:
    for proxy, names in {"online": ["grading", "lessons"], "batch": ["reports"]}.items():
        found = resources(templates[f"two-{proxy}"], "AWS::ServiceDiscovery::Service")
        assert sorted(service["Name"] for service in found) == sorted(
            [proxy, *(f"{name}.{proxy}" for name in names)]
        )


def test_the_alarms_of_a_proxy_are_about_it_and_its_own_services(templates: Templates) -> None:
    for proxy, own, others in (("online", "lessons", "reports"), ("batch", "reports", "lessons")):
        alarms = str(resources(templates[f"two-{proxy}-monitoring"], "AWS::CloudWatch::Alarm"))
        assert own in alarms
        assert others not in alarms
        assert f"two/{proxy}." in alarms


def test_a_service_serves_on_until_its_own_proxy_has_polled(templates: Templates) -> None:
    waits = {
        str(definition["ContainerDefinitions"][0]["Image"]): re.findall(
            r"; sleep (\d+); exit", str(definition)
        )
        for definition in resources(templates["two-services"], "AWS::ECS::TaskDefinition")
    }
    assert waits == {
        "example.com/lessons:1": ["72"],
        "example.com/grading:1": ["4"],
        "example.com/reports:1": ["6"],
    }


def test_a_proxy_that_polls_twice_a_second_makes_no_wait_shorter_than_the_least(tmp_path: Path) -> None:
    """The construct of a service does not know its proxy, and refused the 3 s that came of it."""
    lessons = {"image": "example.com/lessons:1", "grpc_services": ["a.v1.A"]}
    fast = synthesized(tmp_path / "app", name="fast", proxy=discovery("500ms"), services={"lessons": lessons})
    (definition,) = resources(fast["fast-services"], "AWS::ECS::TaskDefinition")
    assert re.findall(r"; sleep (\d+); exit", str(definition)) == ["4"]


def test_each_proxy_gets_the_bootstrap_that_render_prints(folder: Path, templates: Templates) -> None:
    for view in views(load_configuration(folder / "config.yaml")):
        container = proxy_container({"": templates[f"two-{view.proxy.name}"]})
        assert container["Command"][1] == proxy_task(view).bootstrap


def test_no_name_of_a_resource_is_given_by_both_proxies(templates: Templates) -> None:
    """CloudFormation refuses to create a second resource with the name of another stack's."""
    keys = {"DashboardName", "AlarmName", "LogGroupName", "ServiceName", "Family", "RoleName", "TopicName"}
    names = {
        proxy: {
            (resource["Type"], str(value))
            for stack, template in templates.items()
            if stack.startswith(f"two-{proxy}")
            for resource in template["Resources"].values()
            for key, value in resource.get("Properties", {}).items()
            if key in keys
        }
        for proxy in ("online", "batch")
    }
    assert not names["online"] & names["batch"]
    assert names["online"]
