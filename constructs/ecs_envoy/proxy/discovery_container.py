"""The discovery sidecar in the proxy's task. Envoy starts when the sidecar knows the services' tasks."""

from pathlib import Path

from aws_cdk import Duration
from aws_cdk import aws_ecr_assets as ecr_assets
from aws_cdk import aws_ecs as ecs

from ecs_envoy.fargate.ready_check import ready_check
from ecs_envoy.plan.discovery import SIDECAR_PORT
from ecs_envoy.plan.sidecars import CPU_UNITS, MEMORY_MIB
from ecs_envoy.settings.task.capacity import CpuArchitecture
from envoy_config.model import ENDPOINTS_FOLDER

DISCOVERY_USER = "65532:65532"
"""The user and group of the sidecar's image, which own its volume."""

_VOLUME = "endpoints"
_PACKAGE = Path(__file__).resolve().parents[1]


def own_discovery_image(architecture: CpuArchitecture) -> ecs.ContainerImage:
    """Return the sidecar's image as an asset, which the CDK CLI builds with Docker at deployment."""
    # A wheel has the sidecar inside this package; a checkout has it in envoy/discovery.
    places = (_PACKAGE / "discovery_image", _PACKAGE.parents[1] / "envoy/discovery")
    folder = next(place for place in places if (place / "Dockerfile").is_file())
    return ecs.ContainerImage.from_asset(
        str(folder),
        exclude=["**/__pycache__"],
        # Otherwise Docker builds for the CPU of the machine, such as a laptop with ARM.
        platform=(
            ecr_assets.Platform.LINUX_ARM64 if architecture == "arm64" else ecr_assets.Platform.LINUX_AMD64
        ),
    )


def add_discovery_container(
    definition: ecs.FargateTaskDefinition,
    envoy: ecs.ContainerDefinition,
    image: ecs.ContainerImage,
    region: str,
    settings: str,
    log: ecs.LogDriver,
) -> ecs.ContainerDefinition:
    """Add the sidecar to `definition`; `envoy` waits for it and reads its files."""
    sidecar = definition.add_container(
        "Discovery",
        container_name="discovery",
        image=image,
        command=[settings],
        environment={"AWS_REGION": region},
        user=DISCOVERY_USER,
        cpu=CPU_UNITS["discovery"],
        memory_limit_mib=MEMORY_MIB["discovery"],
        # Without it Envoy keeps serving with the endpoints that it has, and alarms tell.
        essential=False,
        readonly_root_filesystem=True,
        # The sidecar may delay Envoy for up to 30 s, which is not a failure.
        health_check=ready_check("127.0.0.1", SIDECAR_PORT, start_period=Duration.seconds(60)),
        # Envoy starts when this container is healthy. If it is not in time, the task ends, and a deployment
        # is rolled back; without a limit the task could wait forever (API reference: ContainerDefinition,
        # startTimeout; Fargate allows 120 s).
        start_timeout=Duration.seconds(120),
        enable_restart_policy=True,
        restart_attempt_period=Duration.seconds(60),
        logging=log,
    )
    definition.add_volume(name=_VOLUME)
    for container, read_only in ((sidecar, False), (envoy, True)):
        container.add_mount_points(
            ecs.MountPoint(source_volume=_VOLUME, container_path=ENDPOINTS_FOLDER, read_only=read_only)
        )
    envoy.add_container_dependencies(
        ecs.ContainerDependency(container=sidecar, condition=ecs.ContainerDependencyCondition.HEALTHY)
    )
    return sidecar
