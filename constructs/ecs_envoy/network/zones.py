"""Checks that a VPC has several availability zones, because one can fail."""

from collections.abc import Iterator

from aws_cdk import aws_ec2 as ec2

from ecs_envoy.network.place import Place
from envoy_config.settings_error import Finding


def zone_findings(vpc: ec2.IVpc, place: Place) -> Iterator[Finding]:
    """Yield a finding if the subnets of `place` in `vpc` are in fewer than two zones."""
    zones = zones_of(vpc, place.subnets)
    if len(zones) < 2 and not any("Token[" in zone for zone in zones):
        if place.is_default:
            problem = f"its VPC has private subnets in too few availability zones: {len(zones)}"
            cure = "give an ECS cluster whose VPC has them, with a way out, in two or more"
            yield ("ecs_cluster",), f"{problem}; {cure}"
        else:
            problem = f"names subnets in too few zones of the VPC: {len(zones)}"
            yield ("place",), f"{problem}; give subnets in two zones or more"


def zones_of(vpc: ec2.IVpc, selection: ec2.SubnetSelection) -> set[str]:
    """Return the zones of the subnets that `selection` finds in `vpc`; none if it finds no subnets."""
    try:
        return set(selected(vpc, selection).availability_zones)
    except RuntimeError:  # how jsii raises the CDK's own refusal
        return set()


def selected(
    vpc: ec2.IVpc, selection: ec2.SubnetSelection, *, one_per_az: bool | None = None
) -> ec2.SelectedSubnets:
    """Return the subnets of `vpc` that `selection` finds, or only one in each zone."""
    return vpc.select_subnets(
        availability_zones=selection.availability_zones,
        one_per_az=selection.one_per_az if one_per_az is None else one_per_az,
        subnet_filters=selection.subnet_filters,
        subnet_group_name=selection.subnet_group_name,
        subnets=selection.subnets,
        subnet_type=selection.subnet_type,
    )
