"""Services of other teams: the configuration routes to them, but our stacks do not deploy them."""

from ecs_envoy.configuration import Configuration
from rehearsal.account.aws import Aws

TASKS = 3
"""The number of tasks of each. It is an assumption, because the configuration does not say it."""

ECS_CLUSTER = "another-team"


def deploy_foreign_services(aws: Aws, configuration: Configuration) -> None:
    """Create an ECS service for each existing service of `configuration`, in place of its owner."""
    if not configuration.existing_services:
        return
    ecs, cloud_map = aws.ecs(), aws.cloud_map()
    ecs.create_cluster(clusterName=ECS_CLUSTER)
    registries = {
        listed.get("Name", ""): listed.get("Arn", "") for listed in cloud_map.list_services()["Services"]
    }
    ports = {
        service.cloud_map_service: service.port
        for service in configuration.existing_services.values()
        if service.cloud_map_service
    }
    for name, port in ports.items():
        definition = ecs.register_task_definition(
            family=name,
            requiresCompatibilities=["FARGATE"],
            networkMode="awsvpc",
            cpu="256",
            memory="512",
            containerDefinitions=[
                {
                    "name": "service",
                    "image": f"another-team/{name}",
                    "portMappings": [{"containerPort": port}],
                }
            ],
        )
        ecs.create_service(
            cluster=ECS_CLUSTER,
            serviceName=name,
            taskDefinition=definition["taskDefinition"].get("taskDefinitionArn", ""),
            desiredCount=TASKS,
            serviceRegistries=[{"registryArn": registries[name]}],
            launchType="FARGATE",
        )
