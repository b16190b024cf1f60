"""The same configuration with one environment variable more: what a rolling deployment changes."""

from pathlib import Path

import yaml

from ecs_envoy.configuration import Configuration

VARIABLE = "ECS_ENVOY_REHEARSAL"


def rolled_configuration(config: Path, configuration: Configuration, out: Path) -> str | None:
    """Write `config` to `out` with one variable more for the service with the most tasks; return its name.

    None, and no file, where the configuration deploys no service.
    """
    if not configuration.services:
        return None
    name = max(configuration.services, key=lambda name: configuration.services[name].tasks.min)
    values = yaml.safe_load(config.read_text(encoding="utf-8"))
    service = values["services"][name]
    service["environment"] = {**service.get("environment", {}), VARIABLE: "rolled"}
    out.write_text(yaml.safe_dump(values, sort_keys=False), encoding="utf-8")
    return name
