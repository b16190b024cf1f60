"""The sidecar's rights where a proxy has many services: IAM bounds the size of policies."""

import json
from typing import Any

import pytest
from aws_cdk import App, Environment, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_servicediscovery as servicediscovery
from aws_cdk.assertions import Template

from ecs_envoy.plan.reach.service_location import InCloudMap
from ecs_envoy.proxy.discovery_rights import grant_discovery


def policies(names: list[str]) -> tuple[list[Any], list[Any]]:
    """Return the inline and the managed policies of a role that may discover the services `names`."""
    stack = Stack(App(), "test", env=Environment(account="111122223333", region="eu-west-1"))
    vpc = ec2.Vpc(stack, "Vpc")
    namespace = servicediscovery.PrivateDnsNamespace(stack, "Namespace", name="learning.local", vpc=vpc)
    role = iam.Role(stack, "Role", assumed_by=iam.AccountRootPrincipal())  # pyright: ignore[reportArgumentType]  # names of parameters
    listed = [
        InCloudMap(service=name, namespace="learning.local", namespace_id=namespace.namespace_id)
        for name in names
    ]
    grant_discovery(stack, role, listed, namespace)  # pyright: ignore[reportArgumentType]  # names of parameters
    template = Template.from_stack(stack)
    kinds = ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")
    inline, managed = (
        [found["Properties"]["PolicyDocument"] for found in template.find_resources(kind).values()]
        for kind in kinds
    )
    return [p for p in inline if "servicediscovery" in json.dumps(p)], managed


@pytest.mark.parametrize("length", [12, 63])
def test_each_policy_of_two_hundred_services_fits_and_together_they_name_each_once(length: int) -> None:
    names = [f"service-{number:03d}".ljust(length, "x") for number in range(200)]
    inline, managed = policies(names)
    assert sum(len(json.dumps(policy)) for policy in inline) <= 10_240
    assert all(len(json.dumps(policy)) <= 6_144 for policy in managed)
    assert len(managed) <= 10
    conditions = [
        statement["Condition"]["StringEquals"]["servicediscovery:ServiceName"]
        for policy in [*inline, *managed]
        for statement in policy["Statement"]
        if "Condition" in statement
    ]
    assert sorted(name for listed in conditions for name in listed) == names


def test_few_services_are_in_one_statement() -> None:
    inline, managed = policies([f"service-{number}" for number in range(20)])
    assert not managed
    assert sum("Condition" in statement for policy in inline for statement in policy["Statement"]) == 1
