"""The IPv4 blocks of a VPC, as far as the CDK knows them."""

from aws_cdk import aws_ec2 as ec2


def knows_block(vpc: ec2.IVpc) -> bool:
    """Return whether the CDK knows the IPv4 block of `vpc`; `Vpc.from_vpc_attributes` may lack it."""
    try:
        return bool(vpc.vpc_cidr_block)
    except RuntimeError:  # as jsii raises the CDK's error
        return False
