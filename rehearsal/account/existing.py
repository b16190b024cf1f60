"""The resources that are in the account before our stacks are deployed."""

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, kw_only=True)
class ExistingNamespace:
    """A Cloud Map namespace besides the proxy's own.

    Attributes:
        id: Its id.
        name: Its name.
        type: `dns`, or `http` for one without DNS.
        cloud_map_services: The names of its services.

    """

    id: str
    name: str
    type: str
    cloud_map_services: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class SubnetGroup:
    """A group of subnets of a VPC, one in each of its zones.

    Attributes:
        kind: `public`, `private` or `isolated`, by their route.
        tag: The key and the value of their tag.
        ids: Their ids, if they matter.

    """

    kind: str
    tag: tuple[str, str]
    ids: tuple[str, ...] = ()


NAME_TAG = "aws-cdk:subnet-name"
"""The tag by which the CDK's look-up groups subnets."""

USUAL_GROUPS = (
    SubnetGroup(kind="public", tag=(NAME_TAG, "Public")),
    SubnetGroup(kind="private", tag=(NAME_TAG, "Private")),
)


@dataclass(frozen=True, kw_only=True)
class Existing:
    """An account and region, with the resources that exist before our stacks are deployed.

    Attributes:
        account: The AWS account.
        region: The AWS region.
        zones: Availability zones for the subnets of `vpc`.
        vpc: A VPC's id, if one exists.
        subnet_groups: The subnets of `vpc`.
        ecs_cluster: An ECS cluster's name, if one exists.
        namespace: A Cloud Map namespace's id and DNS name, if one exists.
        cloud_map_services: The names of the services in `namespace`.
        other_namespaces: Further namespaces that exist.
        security_groups: Ids of security groups in `vpc`.
        private_zones: The id of each private hosted zone, with its records: their names and targets.

    """

    account: str
    region: str
    zones: tuple[str, ...] = ()
    vpc: str | None = None
    subnet_groups: tuple[SubnetGroup, ...] = USUAL_GROUPS
    ecs_cluster: str | None = None
    namespace: tuple[str, str] | None = None
    cloud_map_services: tuple[str, ...] = ()
    other_namespaces: tuple[ExistingNamespace, ...] = ()
    security_groups: tuple[str, ...] = ()
    private_zones: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()

    def to_json(self) -> str:
        """Return it as JSON, for the emulator's command line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Existing":
        """Return what `to_json` has written as `text`."""
        values = json.loads(text)
        others = tuple(ExistingNamespace(**other) for other in values.pop("other_namespaces"))
        groups = tuple(
            SubnetGroup(kind=group["kind"], tag=tuple(group["tag"]), ids=tuple(group["ids"]))
            for group in values.pop("subnet_groups")
        )
        return cls(**values, other_namespaces=others, subnet_groups=groups)
