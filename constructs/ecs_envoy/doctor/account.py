"""Reads an AWS account: every call only reads, and most are made once."""

import os
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ecs_envoy.configuration import Configuration
from ecs_envoy.configuration.proxies.views import stack_name
from ecs_envoy.configuration.stacks.numbers import used_stack_names
from ecs_envoy.settings.extra import extra

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient
    from types_boto3_ec2 import EC2Client
    from types_boto3_ecs import ECSClient
    from types_boto3_ecs.type_defs import ServiceTypeDef, TaskTypeDef
    from types_boto3_route53 import Route53Client
    from types_boto3_servicediscovery import ServiceDiscoveryClient
    from types_boto3_servicediscovery.type_defs import NamespaceTypeDef, ServiceSummaryTypeDef
    from types_boto3_sns import SNSClient
    from types_boto3_sts import STSClient

_SERVICE = "AWS::ECS::Service"


class MissingError(Exception):
    """A resource that a check needs does not exist; the message says which."""


class Account:
    """The account and region of a configuration, as an AWS profile may read them.

    Args:
        configuration: The configuration.
        profile: The profile in AWS's own configuration files; by default boto3 chooses the credentials.

    Raises:
        MissingExtraError: boto3 is not installed.

    """

    def __init__(self, configuration: Configuration, profile: str | None = None) -> None:
        with extra("doctor", "ecs-envoy doctor --live"):
            import boto3
        self.configuration = configuration
        self._session: Any = boto3.Session(profile_name=profile, region_name=configuration.region)

    def _client(self, service: str) -> Any:  # noqa: ANN401
        from botocore.config import Config

        return self._session.client(
            service,
            config=Config(
                # An emulator on loopback has no name with the prefix of Cloud Map's data plane.
                inject_host_prefix="127.0.0.1" not in os.environ.get("AWS_ENDPOINT_URL", ""),
                connect_timeout=5,
                read_timeout=20,
                retries={"mode": "standard", "max_attempts": 4},
            ),
        )

    @cached_property
    def sts(self) -> "STSClient":
        """A client of STS."""
        return self._client("sts")

    @cached_property
    def cloud_formation(self) -> "CloudFormationClient":
        """A client of CloudFormation."""
        return self._client("cloudformation")

    @cached_property
    def ecs(self) -> "ECSClient":
        """A client of ECS."""
        return self._client("ecs")

    @cached_property
    def ec2(self) -> "EC2Client":
        """A client of EC2."""
        return self._client("ec2")

    @cached_property
    def cloud_map(self) -> "ServiceDiscoveryClient":
        """A client of Cloud Map."""
        return self._client("servicediscovery")

    @cached_property
    def route53(self) -> "Route53Client":
        """A client of Route 53."""
        return self._client("route53")

    @cached_property
    def sns(self) -> "SNSClient":
        """A client of SNS."""
        return self._client("sns")

    def stack_resources(self, name: str, kind: str) -> dict[str, str]:
        """Return the physical ids of the resources of type `kind` in the stack `name`, by their logical ids.

        An id is empty where a resource is not made yet, or could not be made.

        Raises:
            MissingError: The stack is not deployed.

        """
        pages = self.cloud_formation.get_paginator("list_stack_resources").paginate(StackName=name)
        try:
            return {
                resource["LogicalResourceId"]: resource.get("PhysicalResourceId", "")
                for page in pages
                for resource in page["StackResourceSummaries"]
                if resource["ResourceType"] == kind and resource.get("ResourceStatus") != "DELETE_COMPLETE"
            }
        except self.cloud_formation.exceptions.ClientError as error:
            if "does not exist" in str(error):
                raise MissingError(f"the stack {name} does not exist") from None
            raise

    @cached_property
    def services(self) -> "list[ServiceTypeDef]":
        """The ECS services of the services' stacks, and the proxy's."""
        found = [service for name in self._services_stacks for service in self._services(name).values()]
        return [*found, self.proxy]

    @cached_property
    def proxy(self) -> "ServiceTypeDef":
        """The proxy's ECS service.

        Raises:
            MissingError: The proxy stack has none.

        """
        found = next(iter(self._services(stack_name(self.configuration)).values()), None)
        if found is None:
            raise MissingError("the proxy's stack has no ECS service")
        return found

    @cached_property
    def absent(self) -> list[tuple[str, str]]:
        """The services that a stack has and ECS does not: by their names, or their logical ids; the stack."""
        return [
            (arn.rpartition("/")[2] or name, stack)
            for stack in self._services_stacks
            for name, arn in self.stack_resources(stack, _SERVICE).items()
            if name not in self._services(stack)
        ]

    @property
    def _services_stacks(self) -> list[str]:
        return used_stack_names(self.configuration)

    def _services(self, stack: str) -> "dict[str, ServiceTypeDef]":
        found = {
            name: service
            for name, arn in self.stack_resources(stack, _SERVICE).items()
            if arn
            for service in self.ecs.describe_services(cluster=arn.split("/")[-2], services=[arn])["services"]
        }
        # ECS describes a deleted service for a while (API reference: Service, status).
        return {name: service for name, service in found.items() if service.get("status") != "INACTIVE"}

    def tasks(self, service: "ServiceTypeDef") -> "list[TaskTypeDef]":
        """Return the running tasks of `service`."""
        ecs_cluster = service.get("clusterArn", "")
        pages = self.ecs.get_paginator("list_tasks").paginate(
            cluster=ecs_cluster, serviceName=service.get("serviceName", ""), desiredStatus="RUNNING"
        )
        arns = [arn for page in pages for arn in page["taskArns"]]
        return [
            task
            for start in range(0, len(arns), 100)  # DescribeTasks takes 100 at a time
            for task in self.ecs.describe_tasks(cluster=ecs_cluster, tasks=arns[start : start + 100])["tasks"]
        ]

    @cached_property
    def namespace(self) -> "NamespaceTypeDef":
        """The Cloud Map namespace, as it is now: with its HttpName and its hosted zone.

        Raises:
            MissingError: The network stack has none.

        """
        given = self.configuration.namespace.id
        kind = "AWS::ServiceDiscovery::PrivateDnsNamespace"
        network = f"{self.configuration.environment}-network"
        identity = given or next(iter(self.stack_resources(network, kind).values()), None)
        if not identity:
            raise MissingError("the network stack has no namespace")
        return self.cloud_map.get_namespace(Id=identity)["Namespace"]

    @cached_property
    def registries(self) -> "dict[str, ServiceSummaryTypeDef]":
        """The services in the namespace, by their names."""
        pages = self.cloud_map.get_paginator("list_services").paginate(
            Filters=[{"Name": "NAMESPACE_ID", "Values": [self.namespace.get("Id", "")], "Condition": "EQ"}]
        )
        return {service.get("Name", ""): service for page in pages for service in page["Services"]}

    def listed(self, service: str) -> dict[str, str]:
        """Return the health of each address that Cloud Map lists for `service`, healthy or not."""
        properties = self.namespace.get("Properties", {}).get("HttpProperties", {})
        answer = self.cloud_map.discover_instances(
            NamespaceName=properties.get("HttpName") or self.namespace.get("Name", ""),
            ServiceName=service,
            HealthStatus="ALL",
            MaxResults=1000,
        )
        return {
            instance.get("Attributes", {}).get("AWS_INSTANCE_IPV4", ""): instance.get("HealthStatus", "")
            for instance in answer["Instances"]
        }


def address_of(task: "TaskTypeDef") -> str:
    """Return the private IPv4 address of `task`; empty before it has one."""
    details = (detail for part in task.get("attachments", []) for detail in part.get("details", []))
    found = (d.get("value", "") for d in details if d.get("name") == "privateIPv4Address")
    return next(found, "")
