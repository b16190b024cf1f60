"""Secrets by ARN, with no more rights than ECS needs."""

from collections.abc import Mapping

from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam

from ecs_envoy.settings.secret_arn import resource_arn


class _Secret(ecs.Secret):
    """A secret that the execution role may read, and nothing more.

    The CDK's own secrets also grant `DescribeSecret`, or three more actions of Parameter Store. ECS needs one
    action for each ("Amazon ECS task execution IAM role" in its Developer Guide).
    """

    def __init__(self, source: str) -> None:
        super().__init__()
        self._source = source

    @property
    def arn(self) -> str:
        return self._source

    @property
    def has_field(self) -> bool:
        return resource_arn(self._source) != self._source

    def grant_read(self, grantee: iam.IGrantable) -> iam.Grant:
        from_parameter = self._source.split(":")[2] == "ssm"
        return iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["ssm:GetParameters" if from_parameter else "secretsmanager:GetSecretValue"],
            resource_arns=[resource_arn(self._source)],
        )


def secrets(settings: Mapping[str, str]) -> dict[str, ecs.Secret]:
    """Return a secret for each variable in `settings`, whose values are of `SecretSource`."""
    return {variable: _Secret(source) for variable, source in settings.items()}
