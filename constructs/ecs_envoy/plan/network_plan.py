"""Rules for a network: a VPC to create or to use, an ECS cluster, zones and NAT gateways."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ecs_envoy.plan.rules import Rule
from ecs_envoy.settings.fargate_zones import missing_zones_problem, zone_list_problem, zone_problems
from envoy_config.settings_error import Finding

VPC_CIDR = "10.0.0.0/16"
NAT_GATEWAYS = 1
ZONES = 2
"""The number of zones of a new VPC if none are given, which the CDK then looks up in the account."""


@dataclass(frozen=True, kw_only=True)
class NetworkPlan:
    """What the rules check of a network.

    Attributes:
        new_vpc: Whether the VPC is created.
        has_settings_of_new_vpc: Whether settings are given that only a new VPC uses.
        ecs_cluster_name: The name of the ECS cluster to use; None to create one.
        availability_zones: The zones of a new VPC, by id or by name; empty if the CDK has to look them up.
        nat_gateways: The number of NAT gateways of a new VPC.
        namespace_names: The given name of the namespace, and the name of the given namespace if there is one.
        region: The region of the environment; None if it is unknown.

    """

    new_vpc: bool
    has_settings_of_new_vpc: bool
    ecs_cluster_name: str | None
    availability_zones: Sequence[str]
    nat_gateways: int
    namespace_names: tuple[str, ...] = ()
    region: str | None = None


def _cluster(network: NetworkPlan) -> Iterator[Finding]:
    if network.ecs_cluster_name and network.new_vpc:
        yield ("ecs_cluster_name",), "names an ECS cluster that already exists; also give its VPC"


def _namespace(network: NetworkPlan) -> Iterator[Finding]:
    if len(set(network.namespace_names)) > 1:
        given, existing = network.namespace_names
        yield ("namespace_name",), f"{given!r} is not the name of the namespace, {existing!r}; give that name"


def _one_vpc(network: NetworkPlan) -> Iterator[Finding]:
    if network.has_settings_of_new_vpc and not network.new_vpc:
        yield (
            ("vpc",),
            "is given together with settings of a new VPC; give either the VPC to create or the one to use",
        )


def _zones(network: NetworkPlan) -> Iterator[Finding]:
    if problem := zone_list_problem(network.availability_zones):
        yield ("availability_zones",), problem


def _region(network: NetworkPlan) -> Iterator[Finding]:
    region, here = network.region, "availability_zones"
    if region is None:
        return
    for index, problem in zone_problems(network.availability_zones, region):
        yield (here, index), problem
    if network.new_vpc and not network.availability_zones and (problem := missing_zones_problem(region)):
        yield (here,), problem


def _nat_gateways(network: NetworkPlan) -> Iterator[Finding]:
    count = len(network.availability_zones) or ZONES
    if network.nat_gateways > count:
        yield (
            ("nat_gateways",),
            f"{network.nat_gateways} NAT gateways are more than the {count} zones; give {count} at most",
        )


NETWORK_RULES: tuple[Rule[NetworkPlan], ...] = (
    _cluster,
    _namespace,
    _one_vpc,
    _zones,
    _region,
    _nat_gateways,
)
