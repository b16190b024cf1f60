"""What the CDK CLI has to look up in the account before it knows a configuration's templates."""

from collections.abc import Iterator, Mapping

from ecs_envoy.configuration.model import Configuration
from envoy_config.settings_error import Finding


def missing_lookups(configuration: Configuration, context: Mapping[str, object]) -> Iterator[Finding]:
    """Yield each key whose answer is not in `context`, the content of cdk.context.json, and the cure."""
    network, account = configuration.network, configuration.account
    who = f"the CDK CLI has to look it up in account {account}, and found no credentials; log in"
    if network.vpc_id and not any(_answers(key, configuration) for key in context):
        yield (
            ("network", "vpc_id"),
            f"{who}, or give network.vpc with the ids of its subnets. Commit cdk.context.json afterwards",
        )
    given = network.exists or (network.new and network.new.availability_zones)
    zones = f"availability-zones:account={account}:region={configuration.region}"
    if not given and zones not in context:
        here = ("network", "new", "availability_zones")
        yield here, f"which zones the account has is unknown: {who}, or give them by id"


def _answers(key: str, configuration: Configuration) -> bool:
    """Return whether `key` is the context's key for the look-up of the VPC, by its tag of subnets.

    The CDK joins the properties of a look-up by colons, and writes a colon in one of them as `$:`.
    """
    network = configuration.network
    asked = [
        f"account={configuration.account}",
        f"region={configuration.region}",
        f"filter.vpc-id={network.vpc_id}",
    ]
    if tag := network.subnets.tag_key:
        asked.append("subnetGroupNameTag=" + tag.replace("$", "$$").replace(":", "$:"))
    elif "subnetGroupNameTag=" in key:
        return False
    return key.startswith("vpc-provider:") and all(f":{part}:" in f"{key}:" for part in asked)
