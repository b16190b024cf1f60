"""The construct for the VPC, ECS cluster and namespace that the services and the proxy share."""

from collections.abc import Sequence
from datetime import timedelta

from aws_cdk import Stack, Token
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_servicediscovery as servicediscovery
from constructs import Construct

from ecs_envoy.network.overrides import override
from ecs_envoy.network.strong_references import refuse_replacement
from ecs_envoy.network.vpc_endpoints import add_interface_endpoints, add_s3_endpoint
from ecs_envoy.plan.network_plan import NAT_GATEWAYS, NETWORK_RULES, VPC_CIDR, NetworkPlan
from ecs_envoy.plan.rules import rule_findings
from ecs_envoy.settings.arguments import checked_arguments, is_token, refuse
from ecs_envoy.settings.fargate_zones import is_zone_id
from ecs_envoy.settings.task.overrides import NetworkOverrides
from ecs_envoy.settings.values import EcsClusterName, NamespaceName, NatGateways, StackZone, VpcCidr
from envoy_config.values import Flag

NEGATIVE_TTL = timedelta(seconds=5)
"""
How long resolvers keep the answer that a name does not exist: the minimum TTL of the zone's SOA record. With
Route 53's default of 15 minutes, a client that dials before the first task is listed would wait that long.
"""


class Network(Construct):
    """Defines the network of gRPC services: a VPC, an ECS cluster and a private DNS namespace.

    It creates each of the three that is not given.

    Args:
        namespace_name: The namespace's DNS name, such as `learning.local`.
        availability_zones: The zones of a new VPC, by id or by name, at least two. By default the
            CDK looks up two zones in the account.
        cidr: The IPv4 block of a new VPC; 10.0.0.0/16 by default.
        nat_gateways: The NAT gateways of a new VPC. 1 by default, which is cheap and is lost together
            with its zone; give one for each zone in production.
        interface_endpoints: Whether a new VPC has endpoints for ECR, CloudWatch Logs, Secrets Manager,
            Parameter Store and Cloud Map, so that tasks start without a NAT gateway. None by
            default, because AWS charges for each of them by zone and hour.
        vpc: The VPC to use.
        ecs_cluster_name: The name of the ECS cluster in `vpc` to use.
        namespace: The namespace to use.
        container_insights: Container Insights of a new ECS cluster; metrics by service by default.
        fargate_capacity_providers: Whether a new ECS cluster has the capacity providers FARGATE and
            FARGATE_SPOT, which `TaskOptions.capacity_providers` needs; false by default.
        overrides: Properties of CloudFormation resources that have no argument, by place and path.

    Attributes:
        vpc: The VPC.
        ecs_cluster: The ECS cluster.
        namespace: The Cloud Map namespace.
        upstream_security_group: The security group that each `GrpcService` may carry besides its own, so that
            a proxy needs one outbound rule for all of them. It lets nobody in and out.

    Raises:
        ArgumentError: A value is not allowed; the message has a line for each mistake.

    """

    @checked_arguments
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        namespace_name: NamespaceName,
        availability_zones: Sequence[StackZone] = (),
        cidr: VpcCidr = VPC_CIDR,
        nat_gateways: NatGateways = NAT_GATEWAYS,
        interface_endpoints: Flag = False,
        vpc: ec2.IVpc | None = None,
        ecs_cluster_name: EcsClusterName | None = None,
        namespace: servicediscovery.IPrivateDnsNamespace | None = None,
        container_insights: ecs.ContainerInsights = ecs.ContainerInsights.ENABLED,
        fargate_capacity_providers: Flag = False,
        overrides: NetworkOverrides | None = None,
    ) -> None:
        refuse(
            construct_id,
            rule_findings(
                NETWORK_RULES,
                NetworkPlan(
                    new_vpc=vpc is None,
                    has_settings_of_new_vpc=(
                        tuple(availability_zones),
                        cidr,
                        nat_gateways,
                        interface_endpoints,
                    )
                    != ((), VPC_CIDR, NAT_GATEWAYS, False),
                    ecs_cluster_name=ecs_cluster_name,
                    availability_zones=availability_zones,
                    nat_gateways=nat_gateways,
                    region=_known_region(scope),
                    namespace_names=_known_names(namespace_name, namespace),
                ),
            ),
        )
        super().__init__(scope, construct_id)
        self.vpc = vpc or self._new_vpc(availability_zones, cidr, nat_gateways, interface_endpoints)
        self.ecs_cluster: ecs.ICluster = (
            ecs.Cluster.from_cluster_attributes(
                self, "EcsCluster", cluster_name=ecs_cluster_name, vpc=self.vpc, security_groups=[]
            )
            if ecs_cluster_name
            else ecs.Cluster(
                self,
                "EcsCluster",
                vpc=self.vpc,
                container_insights_v2=container_insights,
                enable_fargate_capacity_providers=fargate_capacity_providers or None,
            )
        )
        self.namespace = namespace or self._new_namespace(namespace_name)
        self.upstream_security_group: ec2.ISecurityGroup = self._new_upstream_group()
        made = {"vpc": self.vpc, "ecs_cluster": self.ecs_cluster, "namespace": self.namespace}
        override(construct_id, lambda: made, overrides)
        refuse_replacement(self)

    def _new_upstream_group(self) -> ec2.SecurityGroup:
        return ec2.SecurityGroup(
            self,
            "UpstreamSecurityGroup",
            vpc=self.vpc,
            description="gRPC services: outbound rules of proxies name this group",
            allow_all_outbound=False,
        )

    def _new_namespace(self, name: str) -> servicediscovery.PrivateDnsNamespace:
        namespace = servicediscovery.PrivateDnsNamespace(self, "Namespace", name=name, vpc=self.vpc)
        resource = namespace.node.default_child
        assert isinstance(resource, servicediscovery.CfnPrivateDnsNamespace)  # noqa: S101  # it has no other
        resource.properties = servicediscovery.CfnPrivateDnsNamespace.PropertiesProperty(
            dns_properties=servicediscovery.CfnPrivateDnsNamespace.PrivateDnsPropertiesMutableProperty(
                soa=servicediscovery.CfnPrivateDnsNamespace.SOAProperty(ttl=NEGATIVE_TTL.total_seconds())
            )
        )
        return namespace

    def _new_vpc(
        self,
        availability_zones: Sequence[str],
        cidr: str,
        nat_gateways: int,
        interface_endpoints: bool,
    ) -> ec2.Vpc:
        by_id = any(map(is_zone_id, availability_zones))
        vpc = ec2.Vpc(
            self,
            "Vpc",
            ip_addresses=ec2.IpAddresses.cidr(cidr),
            availability_zones=(_unknown if by_id else list)(availability_zones) or None,
            max_azs=None if availability_zones else 2,
            nat_gateways=nat_gateways,
            subnet_configuration=[
                ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC, cidr_mask=24),
                ec2.SubnetConfiguration(name="Private", subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS),
            ],
            # Rejected connections show whether a security group lacks a rule.
            flow_logs={"Rejected": ec2.FlowLogOptions(traffic_type=ec2.FlowLogTrafficType.REJECT)},
        )
        if by_id:
            _name_zones_by_id(vpc, availability_zones)
        add_s3_endpoint(vpc)
        if interface_endpoints:
            add_interface_endpoints(vpc)
        return vpc


def _unknown(zones: Sequence[str]) -> list[str]:
    """Return a token for each of `zones`, which the CDK does not compare with the names that it looked up."""
    return [Token.as_string({"Fn::Sub": zone}) for zone in zones]


def _name_zones_by_id(vpc: ec2.Vpc, zones: Sequence[str]) -> None:
    """Give the zones of the subnets by id; the CDK knows only zones by name."""
    for subnets in (vpc.public_subnets, vpc.private_subnets):
        for subnet, zone in zip(subnets, zones, strict=True):
            resource = subnet.node.default_child
            assert isinstance(resource, ec2.CfnSubnet)  # noqa: S101  # the CDK made it
            resource.availability_zone, resource.availability_zone_id = None, zone


def _known_region(scope: Construct) -> str | None:
    region = Stack.of(scope).region
    return None if is_token(region) else region


def _known_names(name: str, namespace: servicediscovery.IPrivateDnsNamespace | None) -> tuple[str, ...]:
    names = (name,) if namespace is None else (name, namespace.namespace_name)
    return names if not any(map(is_token, names)) else ()
