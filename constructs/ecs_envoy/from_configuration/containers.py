"""Settings that several containers of a configuration have: secrets, health checks, egress."""

from collections.abc import Sequence

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from ecs_envoy.configuration.server import ContainerHealthCheck, Egress
from ecs_envoy.fargate.arguments import duration_of


def secrets(scope: Construct, owner: str, settings: dict[str, str]) -> dict[str, ecs.Secret]:
    """Return a secret for each variable in `settings`, which has their ARNs; `owner` makes ids unique."""
    return {
        variable: ecs.Secret.from_secrets_manager(
            secretsmanager.Secret.from_secret_complete_arn(scope, f"Secret-{owner}-{variable}", arn)
        )
        for variable, arn in settings.items()
    }


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
