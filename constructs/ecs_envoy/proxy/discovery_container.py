"""The discovery sidecar in the proxy's task. Envoy starts when the sidecar knows the services' tasks."""

from collections.abc import Sequence
from pathlib import Path

from aws_cdk import Duration
from aws_cdk import aws_ecr_assets as ecr_assets
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam

from ecs_envoy.fargate.ready_check import ready_check
from ecs_envoy.plan.discovery import SIDECAR_PORT
from ecs_envoy.plan.sidecars import MEMORY_MIB
from envoy_config.model import ENDPOINTS_FOLDER

DISCOVERY_USER = "65532:65532"
"""The user and group of the sidecar's image, which own its volume."""

_VOLUME = "endpoints"
_PACKAGE = Path(__file__).resolve().parents[1]


def own_discovery_image() -> ecs.ContainerImage:
    """Return the sidecar's image as an asset, which the CDK CLI builds with Docker at deployment."""
    # A wheel has the sidecar inside this package; a checkout has it in envoy/discovery.
    places = (_PACKAGE / "discovery_image", _PACKAGE.parents[1] / "envoy/discovery")
    folder = next(place for place in places if (place / "Dockerfile").is_file())
    return ecs.ContainerImage.from_asset(
        str(folder),
        exclude=["**/__pycache__"],
        # Fargate's default. Otherwise Docker builds for the CPU of the machine, such as a laptop with ARM.
        platform=ecr_assets.Platform.LINUX_AMD64,
    )


def add_discovery_container(
    definition: ecs.FargateTaskDefinition,
    envoy: ecs.ContainerDefinition,
    *,
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
        memory_limit_mib=MEMORY_MIB["discovery"],
        readonly_root_filesystem=True,
        # The sidecar may delay Envoy for up to 30 s, which is not a failure.
        health_check=ready_check("127.0.0.1", SIDECAR_PORT, start_period=Duration.seconds(60)),
        # While the sidecar restarts, Envoy keeps serving with the endpoints that it has.
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


def discover_statement(namespace: str, cloud_map_services: Sequence[str]) -> iam.PolicyStatement:
    """Return the right to discover the instances of `cloud_map_services` in `namespace`."""
    return iam.PolicyStatement(
        actions=["servicediscovery:DiscoverInstances", "servicediscovery:DiscoverInstancesRevision"],
        # The actions do not support resources, only these two condition keys ("Actions, resources, and
        # condition keys for AWS Cloud Map").
        resources=["*"],
        conditions={
            "StringEquals": {
                "servicediscovery:NamespaceName": namespace,
                "servicediscovery:ServiceName": sorted(set(cloud_map_services)),
            }
        },
    )
