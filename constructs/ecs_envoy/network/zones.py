"""Checks that a VPC has several availability zones, because one can fail."""

from collections.abc import Iterator

from aws_cdk import aws_ec2 as ec2

from envoy_config.settings_error import Finding


def zone_findings(vpc: ec2.IVpc) -> Iterator[Finding]:
    """Yield a finding if `vpc` has private subnets in fewer than two zones."""
    try:
        zones = set(vpc.select_subnets(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS).availability_zones)
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
