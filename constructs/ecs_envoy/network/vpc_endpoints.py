"""Endpoints of AWS's services inside a VPC, so that tasks reach them without a NAT gateway."""

from collections.abc import Mapping, Sequence

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from ecs_envoy.network.zones import selected


def _interfaces() -> dict[str, ec2.InterfaceVpcEndpointAwsService]:
    """Return what a task needs to start and the discovery sidecar to run, by the id of its construct."""
    return {
        "Ecr": ec2.InterfaceVpcEndpointAwsService.ECR,
        "EcrDocker": ec2.InterfaceVpcEndpointAwsService.ECR_DOCKER,
        "Logs": ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
        "SecretsManager": ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
        "Ssm": ec2.InterfaceVpcEndpointAwsService.SSM,
        "CloudMap": ec2.InterfaceVpcEndpointAwsService.CLOUD_MAP_SERVICE_DISCOVERY,
        "CloudMapData": ec2.InterfaceVpcEndpointAwsService.CLOUD_MAP_DATA_SERVICE_DISCOVERY,
    }


def add_s3_endpoint(vpc: ec2.Vpc) -> None:
    """Add the gateway endpoint of S3, from which ECR serves the layers of images.

    It costs nothing, and without it every pull goes through a NAT gateway, which charges for each GB
    ("Gateway endpoints for Amazon S3").
    """
    vpc.add_gateway_endpoint("S3", service=ec2.GatewayVpcEndpointAwsService.S3)


def add_interface_endpoints(vpc: ec2.Vpc) -> None:
    """Add an endpoint in each private subnet for every service that a task needs to start.

    Tasks then start, log and find each other while a NAT gateway or its zone is down.
    """
    for construct_id, service in _interfaces().items():
        vpc.add_interface_endpoint(
            construct_id,
            service=service,
            subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS),
        )


def add_endpoints_to(
    scope: Construct,
    vpc: ec2.IVpc,
    subnets: Sequence[ec2.SubnetSelection],
    *,
    more: Mapping[str, ec2.InterfaceVpcEndpointAwsService],
) -> None:
    """Add the endpoints that tasks in `subnets` of `vpc`, which exists, need, and those in `more` by id."""
    ec2.GatewayVpcEndpoint(
        scope, "S3", vpc=vpc, service=ec2.GatewayVpcEndpointAwsService.S3, subnets=_distinct(vpc, subnets)
    )
    # The first subnets' zones; a VPC's other subnets reach them, too.
    places = _one_in_each_zone(vpc, subnets[0])
    for construct_id, service in {**_interfaces(), **more}.items():
        ec2.InterfaceVpcEndpoint(scope, construct_id, vpc=vpc, service=service, subnets=places)


def _one_in_each_zone(vpc: ec2.IVpc, subnets: ec2.SubnetSelection) -> ec2.SubnetSelection:
    """Return the first subnet of each zone: AWS refuses two for an endpoint ("CreateVpcEndpoint").

    The CDK leaves subnets out by itself, but not if they were given one by one.
    """
    by_zone: dict[str, ec2.ISubnet] = {}
    for subnet in selected(vpc, subnets).subnets:
        by_zone.setdefault(subnet.availability_zone, subnet)
    return ec2.SubnetSelection(subnets=list(by_zone.values()))


def _distinct(vpc: ec2.IVpc, subnets: Sequence[ec2.SubnetSelection]) -> list[ec2.SubnetSelection]:
    """Return the subnets of `subnets`, each once: a route table takes an endpoint only once."""
    by_table: dict[str, ec2.ISubnet] = {}
    for selection in subnets:
        for subnet in selected(vpc, selection).subnets:
            by_table.setdefault(subnet.route_table.route_table_id, subnet)
    return [ec2.SubnetSelection(subnets=list(by_table.values()))]
