"""A correction of MiniStack's Cloud Map: private DNS namespaces of two VPCs may have the same DNS name."""

from typing import Any

from rehearsal.account.emulator.ministack_internals import Properties, servicediscovery

_create_namespace_record: Any = servicediscovery._create_namespace_record
_vpcs: dict[str, str] = {}
"""The VPC of each private DNS namespace, by the namespace's id."""


def _create_in_its_vpc(
    name: str,
    kind: str,
    description: str | None = None,
    tags: Any = None,  # noqa: ANN401
    soa_ttl: int | None = None,
    vpc: str | None = None,
) -> tuple[Properties | None, Any]:
    """Create a namespace; those of the same name in other VPCs do not matter."""
    namespaces: Any = servicediscovery._namespaces
    hidden = {
        identity: namespace
        for identity, namespace in list(namespaces.items())
        if vpc and namespace["Name"] == name and _vpcs.get(identity, vpc) != vpc
    }
    for identity in hidden:
        namespaces.pop(identity)
    try:
        created, error = _create_namespace_record(name, kind, description, tags, soa_ttl, vpc)
    finally:
        for identity, namespace in hidden.items():
            namespaces[identity] = namespace
    if created and vpc:
        _vpcs[created["Id"]] = vpc
    return created, error


def patch_ministack() -> None:
    """Correct MiniStack."""
    servicediscovery._create_namespace_record = _create_in_its_vpc
