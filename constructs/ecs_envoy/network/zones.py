"""Checks that a VPC has several availability zones, because one can fail."""

from collections.abc import Iterator

from aws_cdk import aws_ec2 as ec2

from ecs_envoy.network.place import Place
from envoy_config.settings_error import Finding


def zone_findings(vpc: ec2.IVpc, place: Place) -> Iterator[Finding]:
    """Yield a finding if the subnets of `place` in `vpc` are in fewer than two zones."""
    try:
        zones = set(_selected(vpc, place.subnets).availability_zones)
    except RuntimeError:  # how jsii raises the CDK's own refusal: the VPC has no such subnets
        zones = set[str]()
    if len(zones) < 2 and not any("Token[" in zone for zone in zones):
        yield (
            ("ecs_cluster",),
            (
                f"its VPC has private subnets in too few availability zones: {len(zones)}; "
                "give an ECS cluster whose VPC has them, with a way out, in two or more"
            ),
        )


def _selected(vpc: ec2.IVpc, selection: ec2.SubnetSelection) -> ec2.SelectedSubnets:
    return vpc.select_subnets(
        availability_zones=selection.availability_zones,
        one_per_az=selection.one_per_az,
        subnet_filters=selection.subnet_filters,
        subnet_group_name=selection.subnet_group_name,
        subnets=selection.subnets,
        subnet_type=selection.subnet_type,
    )
