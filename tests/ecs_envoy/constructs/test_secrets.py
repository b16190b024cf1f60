"""Secrets of a configuration in a task definition, and what the execution role may read."""

from typing import Any

import pytest
from aws_cdk import Stack
from aws_cdk.assertions import Template

from ecs_envoy import Network
from ecs_envoy.fargate.secrets import secrets
from ecs_envoy.from_configuration.containers import allow_decrypt
from tests.ecs_envoy.constructs.factories import containers, grpc_service

SECRET = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-AbC123"
PARAMETER = "arn:aws:ssm:eu-west-1:111122223333:parameter/prod/db"
KMS_KEY = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def rights(stack: Stack) -> list[dict[str, Any]]:
    """Return the statements of the execution role, without those of its log and its image."""
    policies = Template.from_stack(stack).find_resources("AWS::IAM::Policy")
    return [
        statement
        for name, policy in policies.items()
        if "ExecutionRole" in name
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if "logs:PutLogEvents" not in statement["Action"]
    ]


@pytest.mark.parametrize(
    ("given", "action", "resource"),
    [
        pytest.param(SECRET, "secretsmanager:GetSecretValue", SECRET, id="a whole secret"),
        pytest.param(f"{SECRET}:password::", "secretsmanager:GetSecretValue", SECRET, id="a JSON key"),
        pytest.param(
            f"{SECRET}:password:AWSPREVIOUS:", "secretsmanager:GetSecretValue", SECRET, id="a stage"
        ),
        pytest.param(
            f"{SECRET}:::9d4cb84b-ad69-40c0-a0ab-cead36b967e8",
            "secretsmanager:GetSecretValue",
            SECRET,
            id="a version",
        ),
        pytest.param(PARAMETER, "ssm:GetParameters", PARAMETER, id="a parameter"),
    ],
)
def test_a_task_gets_its_secret_and_may_read_no_other(
    given: str, action: str, resource: str, stack: Stack, network: Network
) -> None:
    grpc_service(stack, network, secrets=secrets({"PASSWORD": given}))
    assert containers(stack, "lessons")["service"]["Secrets"] == [{"Name": "PASSWORD", "ValueFrom": given}]
    assert rights(stack) == [{"Action": action, "Effect": "Allow", "Resource": resource}]


def test_a_key_decrypts_only_what_secrets_manager_and_ssm_read(stack: Stack, network: Network) -> None:
    service = grpc_service(stack, network, secrets=secrets({"PASSWORD": PARAMETER}))
    allow_decrypt(service.ecs_service, [KMS_KEY])
    (decrypt,) = (statement for statement in rights(stack) if statement["Action"] == "kms:Decrypt")
    via = ["secretsmanager.eu-west-1.amazonaws.com", "ssm.eu-west-1.amazonaws.com"]
    assert decrypt["Resource"] == KMS_KEY
    assert decrypt["Condition"] == {"StringEquals": {"kms:ViaService": via}}
