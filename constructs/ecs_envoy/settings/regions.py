"""AWS's regions and partitions, as in botocore's `endpoints.json` of 2026-11; a test compares them."""

import difflib
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Partition:
    """A group of regions with its own accounts and names.

    Attributes:
        name: The partition's name in ARNs: `arn:<name>:...`.
        dns_suffix: The end of the names of AWS's endpoints.
        regions: The codes of its regions.

    """

    name: str
    dns_suffix: str
    regions: tuple[str, ...]


PARTITIONS = (
    Partition(
        name="aws",
        dns_suffix="amazonaws.com",
        regions=(
            "af-south-1",
            "ap-east-1",
            "ap-east-2",
            "ap-northeast-1",
            "ap-northeast-2",
            "ap-northeast-3",
            "ap-south-1",
            "ap-south-2",
            "ap-southeast-1",
            "ap-southeast-2",
            "ap-southeast-3",
            "ap-southeast-4",
            "ap-southeast-5",
            "ap-southeast-6",
            "ap-southeast-7",
            "ca-central-1",
            "ca-west-1",
            "eu-central-1",
            "eu-central-2",
            "eu-north-1",
            "eu-south-1",
            "eu-south-2",
            "eu-west-1",
            "eu-west-2",
            "eu-west-3",
            "il-central-1",
            "me-central-1",
            "me-south-1",
            "mx-central-1",
            "sa-east-1",
            "us-east-1",
            "us-east-2",
            "us-west-1",
            "us-west-2",
        ),
    ),
    Partition(name="aws-cn", dns_suffix="amazonaws.com.cn", regions=("cn-north-1", "cn-northwest-1")),
    Partition(name="aws-us-gov", dns_suffix="amazonaws.com", regions=("us-gov-east-1", "us-gov-west-1")),
    Partition(name="aws-eusc", dns_suffix="amazonaws.eu", regions=("eusc-de-east-1",)),
    Partition(name="aws-iso", dns_suffix="c2s.ic.gov", regions=("us-iso-east-1", "us-iso-west-1")),
    Partition(name="aws-iso-b", dns_suffix="sc2s.sgov.gov", regions=("us-isob-east-1", "us-isob-west-1")),
    Partition(name="aws-iso-e", dns_suffix="cloud.adc-e.uk", regions=("eu-isoe-west-1",)),
    Partition(name="aws-iso-f", dns_suffix="csp.hci.ic.gov", regions=("us-isof-east-1", "us-isof-south-1")),
)

_BY_REGION = {region: partition for partition in PARTITIONS for region in partition.regions}


def is_of_aws(name: str) -> bool:
    """Return whether the DNS `name` is in a domain of AWS's own endpoints."""
    return any(f".{name.lower()}".endswith(f".{partition.dns_suffix}") for partition in PARTITIONS)


def partition_of(region: str) -> Partition:
    """Return the partition that `region` is in.

    Raises:
        KeyError: AWS has no such region.

    """
    return _BY_REGION[region]


def arn_partition(region: str) -> str:
    """Return the partition in the ARNs of `region`; `aws` for a region that this version does not know."""
    return _BY_REGION[region].name if region in _BY_REGION else "aws"


def region_problem(region: str) -> str | None:
    """Return why `region` cannot be used, and what to give instead; None if it can."""
    if region in _BY_REGION:
        return None
    close = difflib.get_close_matches(region, _BY_REGION, n=3, cutoff=0.6) or ["eu-west-1", "us-east-1"]
    return f"{region!r} is not an AWS region; give its code, such as {' or '.join(close)}"


def arn_problem(arn: str, what: str, region: str, *, other_region: str = "") -> str | None:
    """Return why `arn` cannot be used in `region`, and what to give instead; None if it can.

    Args:
        arn: A well-formed ARN.
        what: What the ARN names, such as `a secret`.
        region: The region of the environment.
        other_region: Why an ARN of another region cannot be used; empty if it can.

    """
    _, arn_partition, _, arn_region, *_ = arn.split(":")
    partition = partition_of(region).name
    if arn_partition != partition:
        return (
            f"is {what} in the partition {arn_partition}, and {region} is in {partition}; "
            f"give one in {partition}"
        )
    if other_region and arn_region != region:
        return f"is {what} in {arn_region}, {other_region}; give one in {region}"
    return None
