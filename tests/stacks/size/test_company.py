"""`config/company.yaml`: 60 services behind two proxies, in three stacks of services."""

import json
import os
import sys

import pytest
import yaml

from ecs_envoy.plan.limits.service_stacks import services_stack_name, stack_number
from tests.conftest import ROOT, RunCdk, Templates, read_templates

pytestmark = pytest.mark.synth

COMPANY = yaml.safe_load((ROOT / "config/company.yaml").read_text())


@pytest.fixture(scope="module")
def company(run_cdk: RunCdk, tmp_path_factory: pytest.TempPathFactory) -> Templates:
    folder = tmp_path_factory.mktemp("company")
    context = json.dumps({"config": str(ROOT / "config/company.yaml")})
    done = run_cdk(
        sys.executable,
        str(ROOT / "app.py"),
        folder=folder,
        CDK_OUTDIR=str(folder / "out"),
        CDK_CONTEXT_JSON=context,
        PATH=os.environ["PATH"],
    )
    assert done.returncode == 0, done.stderr
    return read_templates(folder / "out")


def types(templates: Templates, stack: str, kind: str) -> list[str]:
    return [
        name for name, resource in templates[stack]["Resources"].items() if resource["Type"] == f"AWS::{kind}"
    ]


def test_each_service_is_in_the_stack_of_its_name(company: Templates) -> None:
    for name in COMPANY["services"]:
        number = stack_number(name, stacks=COMPANY["service_stacks"], chosen=None)
        own = services_stack_name("company", number)
        prefix = name.replace("-", "")
        found = {
            stack for stack in company if any(prefix in n for n in types(company, stack, "ECS::Service"))
        }
        assert found == {own}, name


def test_the_rules_of_both_proxies_do_not_grow_with_their_services(company: Templates) -> None:
    egress = [
        resource["Properties"]["GroupId"]
        for template in company.values()
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::EC2::SecurityGroupEgress"
    ]
    proxies = {json.dumps(group) for group in egress if "ProxySecurityGroup" in json.dumps(group)}
    for proxy in proxies:
        assert sum(json.dumps(group) == proxy for group in egress) <= 3, proxy
    assert proxies


def test_both_proxies_get_their_bootstrap_packed(company: Templates) -> None:
    for stack in ("company-online", "company-batch"):
        (name,) = types(company, stack, "ECS::TaskDefinition")
        containers = company[stack]["Resources"][name]["Properties"]["ContainerDefinitions"]
        (envoy,) = (container for container in containers if container["Name"] == "envoy")
        assert envoy["EntryPoint"][0] == "/bin/bash"
        assert len(json.dumps(envoy["Command"])) < 16_000
