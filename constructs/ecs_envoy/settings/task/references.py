"""Ids and ARNs of resources that exist."""

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import BeforeValidator

from ecs_envoy.settings.secret_arn import FROM_MANAGER, KMS_KEY
from envoy_config.values import Checked, text


def _reference(pattern: str, kind: str, cure: str) -> Checked:
    """Return the check that a value matches `pattern`, or is known only when the stack is deployed.

    A construct may get the id of a resource of the same app. A YAML file with a token is refused earlier.
    """
    check, schema = text(pattern, kind, cure)
    function: Callable[[Any], str] = check.func  # pyright: ignore[reportAssignmentType]  # ours has one argument

    def accept(value: object) -> str:
        if isinstance(value, str) and ("${Token[" in value or "#{Token[" in value):
            return value
        return function(value)

    return BeforeValidator(accept), schema


_role = _reference(
    r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+",
    "the ARN of an IAM role",
    "one such as arn:aws:iam::111122223333:role/lessons",
)
RoleArn = Annotated[str, *_role]
_policy = _reference(
    r"arn:aws[a-z-]*:iam::(?:\d{12}|aws):policy/[\w+=,.@/-]+",
    "the ARN of a managed policy",
    "one such as arn:aws:iam::111122223333:policy/boundary",
)
PolicyArn = Annotated[str, *_policy]
_file_system = _reference(r"fs-[0-9a-f]{8,40}", "a file system's id", "one such as fs-0123456789abcdef0")
FileSystemId = Annotated[str, *_file_system]
_access_point = _reference(
    r"fsap-[0-9a-f]{8,40}", "the id of an access point of EFS", "one such as fsap-0123456789abcdef0"
)
AccessPointId = Annotated[str, *_access_point]
SECURITY_GROUP = r"sg-[0-9a-f]{8,17}"
_group = _reference(SECURITY_GROUP, "a security group's id", "one such as sg-0123456789abcdef0")
SecurityGroupId = Annotated[str, *_group]
_web_acl = _reference(
    r"arn:aws[a-z-]*:wafv2:[a-z0-9-]+:\d{12}:regional/webacl/[\w-]+/[\w-]+",
    "the ARN of a regional web ACL",
    "one such as arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/api/1234abcd-12ab",
)
WebAclArn = Annotated[str, *_web_acl]
_zone = _reference(r"Z[A-Z0-9]{1,31}", "a hosted zone's id", "one such as Z0123456789ABCDEFGHIJ")
HostedZoneId = Annotated[str, *_zone]
_credentials = _reference(
    FROM_MANAGER,
    "a secret's ARN",
    "the complete ARN from Secrets Manager, with its six random characters",
)
CredentialsArn = Annotated[str, *_credentials]
_kms_key = _reference(
    KMS_KEY,
    "the ARN of a KMS key",
    "one such as arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
)
KeyArn = Annotated[str, *_kms_key]
