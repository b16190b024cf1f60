"""Services of other teams: the configuration routes to them, but our stacks do not deploy them."""

from typing import TYPE_CHECKING

from ecs_envoy.configuration import Configuration
from ecs_envoy.configuration.existing.blocks import ExistingService
from ecs_envoy.configuration.existing.plans import location
from ecs_envoy.plan.reach.service_location import AtAddress, InCloudMap, InEcs
from rehearsal.account.aws import Aws

if TYPE_CHECKING:
    from types_boto3_ec2 import EC2Client

TASKS = 3
"""The number of tasks of each. It is an assumption, because the configuration does not say it."""

ECS_CLUSTER = "another-team"


def deploy_foreign_services(aws: Aws, configuration: Configuration) -> None:
    """Create an ECS service for each existing service of `configuration`, in place of its owner."""
    if not configuration.existing_services:
        return
    owner = _Owner(aws, configuration)
    made: set[object] = set()
    for name, service in configuration.existing_services.items():
        found = location(configuration, service)
        if found not in made:  # two entries may route to the tasks of one service
            made.add(found)
            owner.deploy(name, service)


class _Owner:
    """The team that owns the services."""

    def __init__(self, aws: Aws, configuration: Configuration) -> None:
        self._ecs, self._cloud_map, self._ec2 = aws.ecs(), aws.cloud_map(), aws.ec2()
        self._configuration = configuration
        self._clusters: set[str] = {
            arn.rpartition("/")[2] for arn in self._ecs.list_clusters()["clusterArns"]
        }
        self._subnet = _private_subnet(self._ec2)
        self._open_group: str | None = None

    def deploy(self, name: str, service: ExistingService) -> None:
        """Create the ECS service whose tasks `service` describes."""
        found = location(self._configuration, service)
        ecs_name, cluster, port = name, ECS_CLUSTER, service.port
        registries: list[dict[str, object]] = []
        if isinstance(found, InEcs):
            ecs_name, cluster = found.ecs_service, found.ecs_cluster
        elif isinstance(found, AtAddress):
            port = found.port
        elif found:
            ecs_name = found.service.replace(".", "-")
            registries = [{"registryArn": self._registry(found)}]
            if service.instance_ports:
                port = service.instance_ports.first
                registries[0] |= {"containerName": "service", "containerPort": port}
        self._create_cluster(cluster)
        definition = self._ecs.register_task_definition(
            family=ecs_name,
            requiresCompatibilities=["FARGATE"],
            networkMode="awsvpc",
            cpu="256",
            memory="512",
            containerDefinitions=[
                {
                    "name": "service",
                    "image": f"another-team/{ecs_name}",
                    "portMappings": [{"containerPort": port}],
                }
            ],
        )
        groups = [service.security_group or self._group_that_lets_all_in()]
        self._ecs.create_service(
            cluster=cluster,
            serviceName=ecs_name,
            taskDefinition=definition["taskDefinition"].get("taskDefinitionArn", ""),
            desiredCount=TASKS,
            serviceRegistries=registries,  # pyright: ignore[reportArgumentType]
            launchType="FARGATE",
            networkConfiguration={
                "awsvpcConfiguration": {"subnets": [self._subnet], "securityGroups": groups}
            },
        )

    def _create_cluster(self, name: str) -> None:
        if name not in self._clusters:
            self._clusters.add(name)
            self._ecs.create_cluster(clusterName=name)

    def _registry(self, found: InCloudMap) -> str:
        """Return the ARN of the Cloud Map service, which `emulator.existing` has created."""
        services = self._cloud_map.list_services(
            Filters=[{"Name": "NAMESPACE_ID", "Values": [found.namespace_id], "Condition": "EQ"}]
        )["Services"]
        return next(s.get("Arn", "") for s in services if s.get("Name") == found.service)

    def _group_that_lets_all_in(self) -> str:
        """Return a security group for services that give none: then their owner lets the proxy in."""
        if self._open_group is None:
            (subnet,) = self._ec2.describe_subnets(SubnetIds=[self._subnet])["Subnets"]
            self._open_group = self._ec2.create_security_group(
                GroupName=ECS_CLUSTER, Description=ECS_CLUSTER, VpcId=subnet.get("VpcId", "")
            )["GroupId"]
            self._ec2.authorize_security_group_ingress(
                GroupId=self._open_group,
                IpPermissions=[{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}],
            )
        return self._open_group


def _private_subnet(ec2: "EC2Client") -> str:
    """Return a private subnet of our VPC, which exists or which our stacks have made."""
    subnets = ec2.describe_subnets()["Subnets"]
    by_name = {
        tag.get("Value"): subnet.get("SubnetId", "")
        for subnet in subnets
        for tag in subnet.get("Tags", [])
        if tag.get("Key") == "aws-cdk:subnet-name"
    }
    return by_name.get("Private") or subnets[-1].get("SubnetId", "")
