"""The configuration of the rolling deployment: the same with one more environment variable."""

from pathlib import Path
from typing import Any

import yaml

from ecs_envoy.configuration import Configuration
from ecs_envoy.configuration.document import read_document

VARIABLE = "ECS_ENVOY_REHEARSAL"


def rolled_configuration(config: Path, configuration: Configuration, out: Path) -> str | None:
    """Write `config` to `out`, with one more environment variable for the service with the most tasks.

    Return that service's name. If the configuration deploys no service, return None and write no file.
    """
    if not configuration.services:
        return None
    name = max(configuration.services, key=lambda name: configuration.services[name].tasks.min)
    values: dict[str, Any] = read_document(config).values
    service = values["services"][name]
    service["environment"] = {**service.get("environment", {}), VARIABLE: "rolled"}
    out.write_text(yaml.safe_dump(values, sort_keys=False), encoding="utf-8")
    return name
