"""ARNs of another partition, region or account: what AWS takes from there, and what it does not."""

from pathlib import Path

import pytest

from ecs_envoy.configuration import load_configuration
from tests.ecs_envoy.configuration.test_configuration import GOOD, problems
from tests.ecs_envoy.configuration.test_world_configuration import API, CERTIFICATE, LOGIN, SIDECAR

THEIRS = "arn:aws:iam::444455556666"
KEY = "arn:aws:kms:us-east-1:111122223333:key/1234abcd"
ELSEWHERE = [
    pytest.param(f"    task_role: {THEIRS}:role/a\n", "services.lessons.task_role: is a role in the account 444455556666, and tasks take roles of 111122223333 only; give one of 111122223333", id="task role"),
    pytest.param(f"    execution_role: {THEIRS}:role/a\n", "services.lessons.execution_role: is a role in the account 444455556666, and tasks take roles of 111122223333 only; give one of 111122223333", id="execution role"),
    pytest.param(f"proxy: {{execution_role: '{THEIRS}:role/a'}}\n", "proxy.execution_role: is a role in the account 444455556666, and tasks take roles of 111122223333 only; give one of 111122223333", id="proxy's execution role"),
    pytest.param("    task_role: arn:aws-cn:iam::111122223333:role/a\n", "services.lessons.task_role: is a role in the partition aws-cn, and eu-west-1 is in aws; give one in aws", id="role of another partition"),
    pytest.param(f"permissions_boundary: {THEIRS}:policy/a\n", "permissions_boundary: is a policy in the account 444455556666, and roles take policies of 111122223333 only; give one of 111122223333", id="boundary"),
    pytest.param("permissions_boundary: arn:aws-cn:iam::aws:policy/a\n", "permissions_boundary: is a policy in the partition aws-cn, and eu-west-1 is in aws; give one in aws", id="boundary of another partition"),
    pytest.param(f"    log: {{kms_key: '{KEY}'}}\n", "services.lessons.log.kms_key: is a key in us-east-1, and logs in eu-west-1 cannot use it; give one in eu-west-1", id="log's key"),
    pytest.param(f"telemetry: {{access_log: {{kms_key: '{KEY}'}}}}\n", "telemetry.access_log.kms_key: is a key in us-east-1, and logs in eu-west-1 cannot use it; give one in eu-west-1", id="access log's key"),
    pytest.param(f"telemetry: {{cloudwatch: {{topic_kms_key: '{KEY}'}}}}\nproxy: {{memory: 1024}}\n", "telemetry.cloudwatch.topic_kms_key: is a key in us-east-1, and topics in eu-west-1 cannot use it; give one in eu-west-1", id="topic's key"),
    pytest.param(f"    {SIDECAR}, secrets: {{A: 'arn:aws-cn:ssm:cn-north-1:111122223333:parameter/a'}}}}}}\n", "services.lessons.sidecars.agent.secrets.A: is a secret in the partition aws-cn, and eu-west-1 is in aws; give one in aws", id="sidecar's secret"),
    pytest.param(f"    repository_credentials: {LOGIN.replace('aws', 'aws-cn', 1)}\n", "services.lessons.repository_credentials: is a secret in the partition aws-cn, and eu-west-1 is in aws; give one in aws", id="login"),
    pytest.param(f"    {SIDECAR}, repository_credentials: '{LOGIN.replace('aws', 'aws-cn', 1)}'}}}}\n", "services.lessons.sidecars.agent.repository_credentials: is a secret in the partition aws-cn, and eu-west-1 is in aws; give one in aws", id="sidecar's login"),
    pytest.param("    task_policy: [{actions: ['s3:Get*'], resources: ['*', 'arn:aws-cn:s3:::a']}]\n", "services.lessons.task_policy[0].resources[1]: is a resource in the partition aws-cn, and eu-west-1 is in aws; give one in aws", id="resource"),
    pytest.param(API + CERTIFICATE.replace("1111", "4444"), "api.certificate: is a certificate in the account 444422223333, and an ALB takes those of 111122223333 only; give one of 111122223333", id="certificate"),
    pytest.param(API + CERTIFICATE + "  web_acl: arn:aws:wafv2:us-east-1:111122223333:regional/webacl/a/1\n", "api.web_acl: is a web ACL in us-east-1, which no ALB in eu-west-1 can use; give one in eu-west-1", id="web ACL"),
    pytest.param(API + CERTIFICATE + "  web_acl: arn:aws:wafv2:eu-west-1:444455556666:regional/webacl/a/1\n", "api.web_acl: is a web ACL in the account 444455556666, and an ALB takes those of 111122223333 only; give one of 111122223333", id="web ACL of another account"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), ELSEWHERE)
def test_fails_on_what_aws_does_not_take_from_elsewhere(text: str, message: str, tmp_path: Path) -> None:
    found = problems(tmp_path, GOOD + text)
    assert len(found) == 1, found
    assert found[0].endswith(f" {message}")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("permissions_boundary: arn:aws:iam::aws:policy/ReadOnlyAccess\n", id="a policy of AWS"),
        pytest.param(f"    repository_credentials: {LOGIN.replace('1111', '4444')}\n", id="another's login"),
        pytest.param(f"    log: {{kms_key: '{KEY.replace('1111', '4444').replace('us-east', 'eu-west')}'}}\n", id="another's key"),
    ],
)  # fmt: skip
def test_what_aws_takes_from_elsewhere_is_good(text: str, tmp_path: Path) -> None:
    path = tmp_path / "good.yaml"
    path.write_text(GOOD + text)
    load_configuration(path)
