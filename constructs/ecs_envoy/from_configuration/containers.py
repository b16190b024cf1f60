"""Settings that several containers of a configuration have: keys of secrets, egress."""

from collections.abc import Sequence

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam

from ecs_envoy.configuration.server import Egress
from ecs_envoy.settings.regions import arn_partition


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


def allow_egress(connections: ec2.Connections, settings: Sequence[Egress]) -> None:
    """Let `connections` reach each address in `settings`."""
    for egress in settings:
        connections.allow_to(
            ec2.Peer.ipv4(egress.cidr), ec2.Port.tcp(egress.port), "egress in the configuration"
        )
