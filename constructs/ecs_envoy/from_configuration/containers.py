"""Settings that several containers of a configuration have: secrets, health checks, egress."""

from collections.abc import Mapping, Sequence

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam

from ecs_envoy.configuration.server import ContainerHealthCheck, Egress
from ecs_envoy.fargate.arguments import duration_of
from ecs_envoy.settings.regions import arn_partition
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


def allow_decrypt(service: ecs.FargateService, kms_keys: Sequence[str]) -> None:
    """Let ECS decrypt the secrets of `service` with `kms_keys`; the keys' policies have to allow it, too."""
    for region in sorted({arn.split(":")[3] for arn in kms_keys}):
        suffix = "amazonaws.com.cn" if arn_partition(region) == "aws-cn" else "amazonaws.com"
        service.task_definition.obtain_execution_role().add_to_principal_policy(
            iam.PolicyStatement(
                actions=["kms:Decrypt"],
                resources=[arn for arn in kms_keys if arn.split(":")[3] == region],
                conditions={
                    "StringEquals": {
                        "kms:ViaService": [f"{name}.{region}.{suffix}" for name in ("secretsmanager", "ssm")]
                    }
                },
            )
        )


def container_health_check(settings: ContainerHealthCheck | None) -> ecs.HealthCheck | None:
    """Return the check that ECS runs inside the container; None for none."""
    if settings is None:
        return None
    command = settings.command
    return ecs.HealthCheck(
        command=command if command[0] in {"CMD", "CMD-SHELL"} else ["CMD", *command],
        interval=duration_of(settings.interval),
        timeout=duration_of(settings.timeout),
        retries=settings.retries,
        start_period=duration_of(settings.start_period),
    )


def allow_egress(connections: ec2.Connections, settings: Sequence[Egress]) -> None:
    """Let `connections` reach each address in `settings`."""
    for egress in settings:
        connections.allow_to(
            ec2.Peer.ipv4(egress.cidr), ec2.Port.tcp(egress.port), "egress in the configuration"
        )
