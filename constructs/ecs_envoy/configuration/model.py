"""The configuration of one environment: the YAML file that the platform team writes."""

from datetime import timedelta

from pydantic import Field

from ecs_envoy.configuration.existing.blocks import ExistingService
from ecs_envoy.configuration.proxies.blocks import ListedProxy, Proxy
from ecs_envoy.configuration.server import Api, Service
from ecs_envoy.configuration.telemetry import Telemetry
from ecs_envoy.plan.network_plan import NAT_GATEWAYS, VPC_CIDR
from ecs_envoy.settings import values
from ecs_envoy.settings.image_mirror import EcrRegistry
from ecs_envoy.settings.network.subnets import KnownVpc, SubnetChoice
from ecs_envoy.settings.task.overrides import NetworkOverrides
from ecs_envoy.settings.task.references import PolicyArn
from ecs_envoy.settings.task.tags import Tags
from envoy_config import TrafficPolicy
from envoy_config.policy.fault import FaultInjection
from envoy_config.settings import Settings
from envoy_config.values import Flag, ProtoMethod


class NewNetwork(Settings):
    """A VPC to create."""

    cidr: values.VpcCidr = Field(default=VPC_CIDR, description="the VPC's IPv4 block")
    availability_zones: list[values.AvailabilityZone] = Field(
        default=[],
        description="the VPC's zones by id, such as euw1-az1, or by name, at least two; by default the CDK "
        "CLI looks up two zones of the account and keeps them in cdk.context.json",
    )
    nat_gateways: values.NatGateways = Field(
        default=NAT_GATEWAYS,
        description="number of NAT gateways: one is for development; in production give one for each zone, "
        "so that the loss of a zone does not cut the others off",
    )
    interface_endpoints: Flag = Field(
        default=False,
        description="whether the VPC has endpoints for ECR, CloudWatch Logs, Secrets Manager, Parameter "
        "Store and Cloud Map, with which tasks start without a NAT gateway; AWS charges for them, so this is "
        "for production",
    )


class Network(Settings):
    """The network that everything runs in: a VPC to create, or one that exists."""

    new: NewNetwork | None = Field(default=None, description="the VPC to create")
    vpc_id: values.VpcId | None = Field(
        default=None, description="the id of the VPC to use, which the CDK CLI looks up"
    )
    vpc: KnownVpc | None = Field(default=None, description="the VPC to use, without a look-up")
    subnets: SubnetChoice = Field(
        default=SubnetChoice(), description="which subnets of a VPC that exists get what"
    )
    endpoints: Flag = Field(
        default=False,
        description="whether a VPC that exists gets the endpoints that tasks in isolated subnets need; leave "
        "it out if the VPC has them",
    )
    ecs_cluster: values.EcsClusterName | None = Field(
        default=None, description="the name of the ECS cluster to use; one is created by default"
    )
    overrides: NetworkOverrides = Field(
        default={},
        description="properties of CloudFormation resources that have no key, by place and path, such as "
        "{namespace: {Description: ours}}",
    )

    @property
    def exists(self) -> bool:
        """Whether the VPC exists."""
        return self.vpc_id is not None or self.vpc is not None


class Namespace(Settings):
    """The Cloud Map private DNS namespace that names services and the proxy."""

    name: values.NamespaceName = Field(description="the namespace's DNS name, such as learning.local")
    id: values.NamespaceId | None = Field(
        default=None, description="the id of the namespace to use; by default one is created"
    )


class RehearsedService(Settings):
    """A local command that `ecs-envoy rehearse` runs instead of a service's image."""

    command: list[values.Line] = Field(
        min_length=1,
        description="the command, run in this file's folder; {address} and {port} become the address and "
        "port that it must listen at",
    )
    methods: list[ProtoMethod] = Field(
        default=[],
        description="unary methods to call with an empty request, such as learning.v1.Lessons/List; needed "
        "for every service, but not for api",
    )


class Rehearsal(Settings):
    """How `ecs-envoy rehearse` runs the services; these keys do not change what is deployed."""

    work: values.Work = Field(
        default=timedelta(milliseconds=5), description="CPU time that a stand-in server spends on each call"
    )
    services: dict[values.DnsLabel, RehearsedService] = Field(
        default={}, description="local commands by service, or for api; stand-in servers by default"
    )


class Configuration(Settings):
    """One environment."""

    environment: values.DnsLabel = Field(description="the environment's name, such as dev or prod")
    region: values.Region = Field(description="the AWS region, such as eu-west-1")
    account: values.Account = Field(description="the AWS account, twelve digits in quotes")
    image_mirror: EcrRegistry | None = Field(
        default=None,
        description="a private registry in ECR, such as 111122223333.dkr.ecr.eu-west-1.amazonaws.com, with "
        "copies of the public images (Envoy, collector, BusyBox, Datadog's) below docker-hub/ and "
        "ecr-public/; a pull-through cache may make them",
    )
    tags: Tags = Field(default={}, description="tags of every resource and task")
    permissions_boundary: PolicyArn | None = Field(
        default=None, description="the ARN of the permissions boundary of every role; none by default"
    )
    network: Network = Field(default=Network(), description="the network that everything runs in")
    namespace: Namespace = Field(description="the Cloud Map namespace")
    proxy: Proxy = Field(default=Proxy(), description="the Envoy proxy")
    proxies: dict[values.DnsLabel, ListedProxy] = Field(
        default={}, description="several Envoy proxies by name, each with its services, in the place of proxy"
    )
    policy: TrafficPolicy = Field(
        default=TrafficPolicy(),
        description="how the proxy treats calls: the defaults of every service and of single methods",
    )
    production: Flag = Field(
        default=False,
        description="whether this is production, where policy.fault is refused; false by default",
    )
    fault_injection: FaultInjection = Field(
        default="refused", description="allowed lets policy.fault be used in production, too"
    )
    service_stacks: values.ServiceStacks = Field(
        default=1,
        description="number of stacks that the services are spread over, by their names alone; a stack holds "
        "some 40 services; decide it before the first deployment, since another number moves services: one "
        "that moves is deleted and made anew, or the deployment fails because its name is still taken",
    )
    services: dict[values.DnsLabel, Service] = Field(
        default={}, description="the gRPC services to deploy, by name"
    )
    existing_services: dict[values.DnsLabel, ExistingService] = Field(
        default={}, description="the gRPC services that are only routed to, by name"
    )
    api: Api | None = Field(default=None, description="the public HTTP API; none by default")
    telemetry: Telemetry = Field(default=Telemetry(), description="where logs, metrics and traces go")
    rehearsal: Rehearsal = Field(
        default=Rehearsal(), description="settings of the rehearsal; they do not change what is deployed"
    )
