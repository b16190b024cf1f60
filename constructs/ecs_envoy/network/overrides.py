"""Sets properties of CloudFormation resources that have no argument of their own."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from aws_cdk import CfnResource
from constructs import IConstruct

from ecs_envoy.settings.arguments import refuse

_Place = TypeVar("_Place", bound=str)


def override(
    owner: str,
    places: Callable[[], Mapping[str, IConstruct | None]],
    overrides: Mapping[_Place, Mapping[str, Any]] | None,
) -> None:
    """Set the properties in `overrides`, by place and path, as the CDK's `add_property_override` does.

    `places` finds the constructs by place.

    Raises:
        ArgumentError: A place is not there, for example the scaling target of a fixed number of tasks.

    """
    if not overrides:
        return  # to look for the places takes 35 calls to Node
    resources = {name: _resource(construct) for name, construct in places().items()}
    there = sorted(name for name, resource in resources.items() if resource)
    refuse(
        owner,
        (
            (("overrides", place), f"is not there to override; give one of {', '.join(there)}")
            for place in overrides
            if resources.get(place) is None
        ),
    )
    for place, properties in overrides.items():
        resource = resources[place]
        assert resource is not None  # noqa: S101  # refused above
        for path, value in properties.items():
            resource.add_property_override(path, value)


def _resource(construct: IConstruct | None) -> CfnResource | None:
    if construct is None:
        return None
    found = construct if CfnResource.is_cfn_resource(construct) else construct.node.default_child
    return found if isinstance(found, CfnResource) else None
