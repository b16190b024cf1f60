"""The two sides of a comparison of one environment, and what differs between them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from ecs_envoy.review.assembly.combined import Names, asset_names, combined
from ecs_envoy.review.assembly.reading import Assembly, Template
from ecs_envoy.review.facts.ecs import EcsService, ecs_services
from ecs_envoy.review.resources.changes import TemplateChanges, template_changes
from ecs_envoy.review.resources.dependents import with_dependents
from ecs_envoy.review.resources.template_diff import template_diffs


@dataclass(frozen=True, kw_only=True)
class Configured:
    """A configuration file, as it is in one revision.

    Attributes:
        path: Its path within the project, such as `config/prod.yaml`.
        text: Its text.

    """

    path: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Environment:
    """One environment in one revision: what is read before anything is compared.

    Attributes:
        assembly: What it deploys.
        configuration: Its configuration file; None for an app that has none.

    """

    assembly: Assembly
    configuration: Configured | None = None


@dataclass(frozen=True, kw_only=True)
class Side:
    """One side of a comparison.

    Attributes:
        assembly: What the revision deploys.
        template: All its stacks as one template: see `combined`.
        configuration: Its configuration file; None for an app that has none.

    """

    assembly: Assembly
    template: Template
    configuration: Configured | None

    @cached_property
    def services(self) -> Mapping[str, EcsService]:
        """Its ECS services by their id in `template`."""
        return ecs_services(self.template, self.assembly.stacks)


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One environment before and after.

    Attributes:
        name: The environment's name.
        base: What it is before; None if the environment is new.
        head: What it is after; None if the environment is gone.
        changes: What differs between their templates.

    """

    name: str
    base: Side | None
    head: Side | None
    changes: TemplateChanges


def compare(
    environments: Mapping[str, tuple[Environment | None, Environment | None]], *, project: Path, cache: Path
) -> Sequence[Comparison]:
    """Return each environment, compared.

    Args:
        environments: Base and head of each environment, by its name.
        project: Where npm's packages are looked for: see `template_diffs`.
        cache: Where the diff library is installed if it is not there: see `template_diffs`.

    Raises:
        NoDiffLibraryError: see `template_diffs`.

    """
    sides = {name: _sides(base, head) for name, (base, head) in environments.items()}
    empty: Template = {"Resources": {}}
    pairs = [
        (base.template if base else empty, head.template if head else empty) for base, head in sides.values()
    ]
    found = template_diffs(pairs, project=project, cache=cache)
    return [
        Comparison(
            name=name,
            base=base,
            head=head,
            changes=_changes(difference, base, head),
        )
        for (name, (base, head)), difference in zip(sides.items(), found, strict=True)
    ]


def _sides(base: Environment | None, head: Environment | None) -> tuple[Side | None, Side | None]:
    before, after = asset_names(base.assembly if base else None, head.assembly if head else None)
    return _side(base, before) if base else None, _side(head, after) if head else None


def side(environment: Environment) -> Side:
    """Return an environment as a side that is compared with nothing."""
    _, names = asset_names(None, environment.assembly)
    return _side(environment, names)


def _side(environment: Environment, names: Names) -> Side:
    return Side(
        assembly=environment.assembly,
        template=combined(environment.assembly, names),
        configuration=environment.configuration,
    )


def _changes(found: Mapping[str, Any], base: Side | None, head: Side | None) -> TemplateChanges:
    changes = template_changes(found, base.assembly if base else None, head.assembly if head else None)
    if head is None:
        return changes
    resources = with_dependents(changes.resources, head.template, head.assembly.stacks)
    return replace(changes, resources=tuple(sorted(resources, key=lambda c: (c.stack, c.path, c.type))))
