"""File systems of EFS in the server's container."""

from collections.abc import Iterator, Mapping

from aws_cdk import Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from constructs import Construct

from ecs_envoy.network.blocks import knows_block
from ecs_envoy.settings.task.volumes import NFS_PORT, EfsVolume
from envoy_config.settings_error import Finding


def add_volumes(
    definition: ecs.TaskDefinition, server: ecs.ContainerDefinition, volumes: Mapping[str, EfsVolume]
) -> None:
    """Mount `volumes` in the container `server` of `definition`, encrypted in transit.

    The tasks' role may use them.
    """
    for name, volume in volumes.items():
        definition.add_volume(
            name=name,
            efs_volume_configuration=ecs.EfsVolumeConfiguration(
                file_system_id=volume.file_system,
                root_directory=volume.root_directory,
                transit_encryption="ENABLED",
                authorization_config=ecs.AuthorizationConfig(
                    access_point_id=volume.access_point, iam="ENABLED"
                ),
            ),
        )
        server.add_mount_points(
            ecs.MountPoint(source_volume=name, container_path=volume.mount_path, read_only=volume.read_only)
        )
        definition.add_to_task_role_policy(_right(Stack.of(server), volume))


def _right(stack: Stack, volume: EfsVolume) -> iam.PolicyStatement:
    """Return the right to mount `volume` and, unless it is read only, to write (EFS User Guide)."""
    write = [] if volume.read_only else ["elasticfilesystem:ClientWrite"]
    access_point = volume.access_point and stack.format_arn(
        service="elasticfilesystem", resource="access-point", resource_name=volume.access_point
    )
    return iam.PolicyStatement(
        actions=["elasticfilesystem:ClientMount", *write],
        resources=[
            stack.format_arn(
                service="elasticfilesystem", resource="file-system", resource_name=volume.file_system
            )
        ],
        conditions=(
            {"StringEquals": {"elasticfilesystem:AccessPointArn": access_point}} if access_point else None
        ),
    )


def mount_findings(vpc: ec2.IVpc, volumes: Mapping[str, EfsVolume]) -> Iterator[Finding]:
    """Yield the volumes whose mount targets no rule of a task in `vpc` could name."""
    for name, volume in volumes.items():
        if volume.security_group is None and not knows_block(vpc):
            yield ("volumes", name, "security_group"), "missing, and the VPC's block is not known; give it"


def allow_mounts(
    scope: Construct, connections: ec2.Connections, vpc: ec2.IVpc, volumes: Mapping[str, EfsVolume]
) -> None:
    """Let `connections` reach the mount targets of `volumes`."""
    groups = sorted({volume.security_group for volume in volumes.values() if volume.security_group})
    for number, group in enumerate(groups):
        connections.allow_to(
            ec2.SecurityGroup.from_security_group_id(scope, f"MountTargets{number}", group),
            ec2.Port.tcp(NFS_PORT),
            "EFS",
        )
    if any(volume.security_group is None for volume in volumes.values()):
        connections.allow_to(ec2.Peer.ipv4(vpc.vpc_cidr_block), ec2.Port.tcp(NFS_PORT), "EFS")
