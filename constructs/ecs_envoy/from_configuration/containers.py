"""What the containers of a configuration share: variables from secrets, health checks, places to reach."""

from collections.abc import Sequence
from datetime import timedelta

from aws_cdk import Duration
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from ecs_envoy.configuration.model import (
    ContainerHealthCheck,
    Egress,
)


def secrets(scope: Construct, owner: str, wanted: dict[str, str]) -> dict[str, ecs.Secret]:
    """Return the variables of `wanted`, each from the secret that its ARN names; `owner` makes ids unique."""
    return {
        variable: ecs.Secret.from_secrets_manager(
            secretsmanager.Secret.from_secret_complete_arn(scope, f"Secret-{owner}-{variable}", arn)
        )
        for variable, arn in wanted.items()
    }


def container_health_check(wanted: ContainerHealthCheck | None) -> ecs.HealthCheck | None:
    """Return the check that ECS runs inside the container; None for none."""
    if wanted is None:
        return None
    command = wanted.command
    return ecs.HealthCheck(
        command=command if command[0] in {"CMD", "CMD-SHELL"} else ["CMD", *command],
        interval=duration(wanted.interval),
        timeout=duration(wanted.timeout),
        retries=wanted.retries,
        start_period=duration(wanted.start_period),
    )


def duration(time: timedelta) -> Duration:
    """Return `time` as the CDK has it."""
    return Duration.millis(time / timedelta(milliseconds=1))


def allow_egress(connections: ec2.Connections, wanted: Sequence[Egress]) -> None:
    """Let `connections` reach each of the places that the configuration names."""
    for place in wanted:
        connections.allow_to(
            ec2.Peer.ipv4(place.cidr), ec2.Port.tcp(place.port), "egress in the configuration"
        )
