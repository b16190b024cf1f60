"""ARNs of secrets and of the keys that encrypt them."""

from typing import Annotated

from envoy_config.values import text

FROM_MANAGER = r"arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]+-[A-Za-z0-9]{6}"
_IN_PARAMETER_STORE = r"arn:aws[a-z-]*:ssm:[a-z0-9-]+:\d{12}:parameter/[\w./-]+"
# ":json-key:version-stage:version-id": each part may be empty, and a secret has either a stage or an id
# ("Specifying sensitive data using Secrets Manager" in the ECS Developer Guide).
# CloudFormation would take "${" for a reference.
_PART = r"(?!:::$|.*\$\{):[\x21-\x39\x3b-\x7e]*:(?:[\w/+=.@!-]*:|:[\w-]{32,64})"

_secret = text(
    FROM_MANAGER,
    "a secret's ARN",
    "the complete ARN from Secrets Manager, with its six random characters",
)
SecretArn = Annotated[str, *_secret]
_source = text(
    rf"{FROM_MANAGER}(?:{_PART})?|{_IN_PARAMETER_STORE}",
    "the ARN of a secret or of a parameter",
    "the complete ARN from Secrets Manager with its six random characters, alone or with a JSON key as in "
    "...:secret:prod/db-AbC123:password::, or an ARN of Parameter Store, as in ...:parameter/prod/db",
)
SecretSource = Annotated[str, *_source]
"""Where ECS reads a secret from: Secrets Manager or Parameter Store."""

KMS_KEY = r"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[\w-]+"
_kms_key = text(
    KMS_KEY,
    "the ARN of a KMS key",
    "one such as arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
)
KmsKeyArn = Annotated[str, *_kms_key]


def resource_arn(source: str) -> str:
    """Return the ARN of the secret or parameter that a `SecretSource` reads, without key and version."""
    return ":".join(source.split(":")[:7])
