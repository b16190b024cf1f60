"""Finds the bootstraps of a side: ours, and those that somebody wrote by hand in YAML."""

from collections.abc import Mapping
from typing import Any

import yaml

from ecs_envoy.review.facts.ecs import EcsService

_FIELDS = {"static_resources", "staticResources", "dynamic_resources", "dynamicResources", "admin"}
"""The fields of which every bootstrap has one."""


def bootstrap_of(service: EcsService) -> Mapping[str, Any] | None:
    """Return the bootstrap on the command line of a container of `service`; None if there is none."""
    if service.bootstrap is not None:
        return service.bootstrap
    for container in service.containers.values():
        for option, value in zip(container.command, container.command[1:], strict=False):
            if option == "--config-yaml" and (found := _from_yaml(value)):
                return found
    return None


def _from_yaml(text: str) -> dict[str, Any] | None:
    try:
        values = yaml.safe_load(text)
    except yaml.YAMLError:
        return None
    return values if isinstance(values, dict) and values.keys() & _FIELDS else None  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
